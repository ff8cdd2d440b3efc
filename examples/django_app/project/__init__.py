"""A Django project with the gateway under /ccr, for ASGI and for WSGI servers."""
