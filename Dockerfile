# The site, keep and the worker in one image. It holds no secret: everything comes from the environment (.env.example).
FROM python:3.12-slim-bookworm AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install -r requirements.txt

FROM python:3.12-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --uid 10001 --home-dir /srv/beantrail --shell /usr/sbin/nologin beantrail \
 && install -d -o beantrail -g beantrail -m 0755 /srv/beantrail/data /srv/beantrail/fence /srv/beantrail/export
COPY --from=packages /venv /venv
WORKDIR /srv/beantrail/site
COPY manage.py ./
COPY provenance provenance
COPY farms farms
COPY shipments shipments
COPY templates templates
COPY deploy/gunicorn.conf.py deploy/
# Static files get the names of their content. The settings are those of a production site with secrets that open nothing.
RUN ALLOWED_HOSTS=build.invalid PUBLIC_URL=https://build.invalid SECRET_KEY=of-the-build-only DATA_DIR=/tmp/build \
    KEY_ENCRYPTION_KEY="$(head -c 32 /dev/zero | base64)" python manage.py collectstatic --noinput && rm -rf /tmp/build
USER beantrail
ENV DATA_DIR=/srv/beantrail/data FENCE_DIR=/srv/beantrail/fence EXPORT_DIR=/srv/beantrail/export BIND=0.0.0.0:8000
EXPOSE 8000
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py", "provenance.wsgi"]
