from django.http import HttpResponse
from django.urls import path
from shop.models import Item


def count(request):
    return HttpResponse(str(Item.objects.count()))


urlpatterns = [path("count", count)]
