"""A Flask application with the gateway under /ccr.

Run it in this folder: `flask run`, or as in production: `gunicorn -k gthread --threads 32 app:app`
"""

import os

from flask import Flask

from ccr_middleware import CCRMiddleware

app = Flask(__name__)


@app.get("/hello")
def hello() -> dict[str, str]:
    """A route of the host."""
    return {"hello": "from Flask"}


# The path of a config.json; without one the built-in demo model answers.
config = os.environ.get("CCR_CONFIG")

# Around wsgi_app and not around app: so `app` is still the Flask object for `flask run`, tests and extensions.
app.wsgi_app = CCRMiddleware(app.wsgi_app, prefix="/ccr", config=config)  # type: ignore[method-assign]
