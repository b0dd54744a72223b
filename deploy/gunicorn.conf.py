"""gunicorn in production: threads, since recorders of one process share their commits; no log of who asked for what."""

import os

bind = os.environ.get("BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "16"))
# A worker that says nothing for so long is killed and replaced; what it had not acknowledged was not recorded.
timeout = 60
graceful_timeout = 30
keepalive = 5
worker_tmp_dir = "/dev/shm"  # noqa: S108  # a heartbeat file must not wait for the disk
accesslog = None
# Below "error" it names the address of whoever sent a request that it could not read.
loglevel = "error"
control_socket_disable = True
# Some proxies pass on whatever a client sends under these names, and what stands before the paths of all links is no
# business of a client's.
forwarder_headers = ""
