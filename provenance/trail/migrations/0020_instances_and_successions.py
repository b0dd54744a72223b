from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trail", "0007_version_the_index")]

    operations = [
        migrations.AddField(
            model_name="log",
            name="first_place",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="log",
            name="unguarded_until",
            field=models.DateTimeField(
                blank=True,
                null=True,
                help_text="An operator lets it begin to sign until then although no witness answers.",
            ),
        ),
        migrations.AddField(
            model_name="logkey",
            name="instance",
            field=models.CharField(blank=True, help_text="The installation that may sign with it.", max_length=64),
        ),
    ]
