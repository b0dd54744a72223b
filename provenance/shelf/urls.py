from django.urls import path

from provenance.shelf import views

app_name = "shelf"
urlpatterns = [
    path("01/<path:rest>", views.digital_link_page, name="digital-link"),
    path("t/<str:token>", views.token_page, name="token"),
    path("epcis/class/<path:name>", views.own_lot_page, name="lot"),
    path("bundle", views.bundle, name="bundle"),
    path("find/", views.find, name="find"),
    path("how/", views.how, name="how"),
    path("verify/", views.verify, name="verify"),
]
