from django.urls import URLPattern, URLResolver

app_name = "farms"
urlpatterns: list[URLPattern | URLResolver] = []
