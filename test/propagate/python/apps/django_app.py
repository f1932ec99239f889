"""Django in one file: `python django_app.py runserver PORT`, `django_app:wsgi` or `django_app:asgi`."""
import sys

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path

from ways import ASYNC, SYNC, by_requests

settings.configure(SECRET_KEY='none', ALLOWED_HOSTS=['*'], ROOT_URLCONF=__name__, DEBUG=True)


def ask(_request, way):
    return JsonResponse(SYNC[way]())


async def ask_async(_request, way):
    return JsonResponse(await ASYNC[way]())


async def ask_sync_to_async(_request):
    return JsonResponse(await sync_to_async(by_requests)())


urlpatterns = [
    path('sync/<way>', ask), path('async/<way>', ask_async), path('sync-to-async', ask_sync_to_async),
]

if __name__ == '__main__':
    execute_from_command_line(sys.argv)
else:
    wsgi, asgi = get_wsgi_application(), get_asgi_application()
