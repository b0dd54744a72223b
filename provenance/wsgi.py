"""
The web server's door.

Django runs its system checks in management commands only, so a server would start with settings that
``manage.py check`` refuses. Here it does not.
"""

import os

from django.core.checks import ERROR, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "provenance.settings")

application = get_wsgi_application()

messages = run_checks() + run_checks(tags=["serving"], include_deployment_checks=True, databases=["default"])
if errors := [str(message) for message in messages if message.level >= ERROR and not message.is_silenced()]:
    raise ImproperlyConfigured("\n".join(["The site does not start:", *errors]))
