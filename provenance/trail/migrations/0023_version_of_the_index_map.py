from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trail", "0022_write_index_rows_over")]

    operations = [
        # Rows of version 1 stay until the log's next index leaf, which takes all its leaves in anew.
        migrations.AddField("indexhead", "version", models.PositiveSmallIntegerField(default=1), preserve_default=False)
    ]
