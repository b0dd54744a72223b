from django.urls import path, re_path

from farms import papers
from farms.views import acts, pages, passbooks, people, receipts

app_name = "farms"
urlpatterns = [
    path("", pages.Home.as_view(), name="home"),
    path("farm/", acts.RegisterFarm.as_view(), name="farm"),
    path("plot/", acts.RegisterPlot.as_view(), name="plot"),
    path("plots/plots.geojson", pages.Passport.as_view(), name="passport"),
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
    path("growers/<uuid:grower>/plots/", acts.RegisterGrowersPlotFile.as_view(), name="growers-plot-file"),
    path("growers/<uuid:grower>/passbook/", passbooks.MemberPassbook.as_view(), name="member-passbook"),
    path("growers/<uuid:grower>/telephone/", passbooks.MemberTelephone.as_view(), name="member-telephone"),
    path("passbook/", passbooks.OwnPassbook.as_view(), name="passbook"),
    path("telephone/", passbooks.OwnTelephone.as_view(), name="telephone"),
    path("receipts/", receipts.Receipts.as_view(), name="receipts"),
    path("receipts/<uuid:uuid>/", receipts.PaperReceipt.as_view(), name="paper-receipt"),
    path("receipts/<uuid:uuid>/slip.pdf", receipts.Paper.as_view(draw=papers.slip), name="slip"),
    path("receipts/<uuid:uuid>/a6.pdf", receipts.Paper.as_view(draw=papers.sheet), name="a6"),
    path("growers/new/", people.Enrol.as_view(), name="enrol"),
]
