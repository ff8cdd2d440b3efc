"""For WSGI servers: `gunicorn -k gthread --threads 32 project.wsgi`"""

import os

from django.core.wsgi import get_wsgi_application

from ccr_middleware import CCRMiddleware

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

# The path of a config.json; without one the built-in demo model answers.
application = CCRMiddleware(get_wsgi_application(), prefix="/ccr", config=os.environ.get("CCR_CONFIG"))
