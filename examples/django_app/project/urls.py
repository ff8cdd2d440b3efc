"""The host's own pages."""

from django.http import HttpRequest, JsonResponse
from django.urls import path


def hello(_: HttpRequest) -> JsonResponse:
    """A view of the host."""
    return JsonResponse({"hello": "from Django"})


urlpatterns = [path("hello", hello)]
