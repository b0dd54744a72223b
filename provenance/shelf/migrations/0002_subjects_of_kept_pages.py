from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shelf", "0001_kept_pages")]

    operations = [migrations.RenameField("keptpage", "lots", "subjects")]
