from django.urls import path, re_path

from farms.views import acts, pages, people

app_name = "farms"
urlpatterns = [
    path("", pages.Home.as_view(), name="home"),
    path("farm/", acts.RegisterFarm.as_view(), name="farm"),
    path("plot/", acts.RegisterPlot.as_view(), name="plot"),
    path("plots/file/", acts.RegisterPlotFile.as_view(), name="plot-file"),
    path("harvest/", acts.RecordHarvest.as_view(), name="harvest"),
    path("drying/", acts.Dry.as_view(), name="drying"),
    path("delivery/", acts.Deliver.as_view(), name="delivery"),
    path("deliveries/", pages.Deliveries.as_view(), name="deliveries"),
    path("picture/", acts.ShowPicture.as_view(), name="picture"),
    re_path(r"^pictures/(?P<sha256>[0-9a-f]{64})$", pages.OwnPicture.as_view(), name="own-picture"),
    path("events/<uuid:uuid>/", pages.ReceiptPage.as_view(), name="event"),
    path("others/", pages.Others.as_view(), name="others"),
    path("events/<uuid:uuid>/reply/", acts.ReplyToEvent.as_view(), name="reply"),
    path("events/<uuid:uuid>/proof", pages.Proof.as_view(), name="proof"),
    path("events/<uuid:uuid>/correct/", acts.CorrectEvent.as_view(), name="correct"),
    path("growers/", people.Growers.as_view(), name="growers"),
    path("growers/new/", people.Enrol.as_view(), name="enrol"),
]
