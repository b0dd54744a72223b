"""``/r/``: whoever holds a receipt's paper asks here."""

from django.urls import path

from farms.views import checking

app_name = "check"
urlpatterns = [
    path("", checking.AskForCode.as_view(), name="code"),
    path("<str:code>", checking.CheckPaper.as_view(), name="paper"),
]
