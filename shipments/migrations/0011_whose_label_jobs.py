"""Label sheets that were ordered before jobs knew whose business they are: theirs who packed the lot."""

from django.db import migrations


def name_the_party(apps, schema_editor):
    Job, Lot = apps.get_model("jobs", "Job"), apps.get_model("trail", "Lot")
    for job in Job.objects.filter(kind="labels", party_uri="").iterator():
        packer = Lot.objects.filter(uri=job.payload.get("lot")).values_list("opened_by", flat=True).first()
        if packer:
            Job.objects.filter(pk=job.pk).update(party_uri=packer)


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0002_party"),
        ("trail", "0001_initial"),
        ("shipments", "0010_label_layout"),
    ]

    operations = [migrations.RunPython(name_the_party, migrations.RunPython.noop)]
