from django.db import migrations, models

import provenance.bags.models


def without_prefix(apps, schema_editor):
    """Types were typed in freely, mostly as ``gs1:pip``; now they are chosen, by their names in the vocabulary."""
    for link in apps.get_model("bags", "Link").objects.filter(type__startswith="gs1:"):
        link.type = link.type.removeprefix("gs1:")
        link.save(update_fields=["type"])


class Migration(migrations.Migration):

    dependencies = [
        ('bags', '0001_initial'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='link',
            name='link_once',
        ),
        migrations.AddField(
            model_name='link',
            name='language',
            field=models.CharField(blank=True, help_text='en, de, pt-BR …; empty: for everybody.', max_length=5, validators=[provenance.bags.models.validate_language]),
        ),
        migrations.AddField(
            model_name='link',
            name='lot_code',
            field=models.CharField(blank=True, help_text='Empty: for every lot.', max_length=20, validators=[provenance.bags.models.validate_lot_code], verbose_name='lot'),
        ),
        migrations.AddField(
            model_name='link',
            name='media_type',
            field=models.CharField(blank=True, choices=[('text/html', 'a web page'), ('application/pdf', 'PDF'), ('application/json', 'JSON'), ('application/ld+json', 'JSON-LD'), ('application/vc', 'a verifiable credential'), ('image/jpeg', 'JPEG picture'), ('image/png', 'PNG picture'), ('image/webp', 'WebP picture'), ('video/mp4', 'MP4 film')], default='text/html', max_length=40, verbose_name='what it is'),
        ),
        migrations.AlterField(
            model_name='link',
            name='href',
            field=models.URLField(max_length=400, validators=[provenance.bags.models.validate_target], verbose_name='address'),
        ),
        migrations.AlterField(
            model_name='link',
            name='type',
            field=models.CharField(choices=[('pip', 'about the product (pip)'), ('homepage', 'your home page (homepage)'), ('certificationInfo', 'a certificate (certificationInfo)'), ('sustainabilityInfo', 'how it is grown and traded (sustainabilityInfo)'), ('dpp', 'a digital product passport (dpp)'), ('instructions', 'how to brew it (instructions)'), ('recipeInfo', 'recipes (recipeInfo)'), ('consumerHandlingStorageInfo', 'how to keep it (consumerHandlingStorageInfo)'), ('ingredientsInfo', 'ingredients (ingredientsInfo)'), ('nutritionalInfo', 'nutrition (nutritionalInfo)'), ('allergenInfo', 'allergens (allergenInfo)'), ('safetyInfo', 'safety (safetyInfo)'), ('hasRetailers', 'where to buy it (hasRetailers)'), ('subscribe', 'a subscription (subscribe)'), ('promotion', 'an offer (promotion)'), ('review', 'a review (review)'), ('leaveReview', 'where to leave a review (leaveReview)'), ('relatedImage', 'a picture (relatedImage)'), ('relatedVideo', 'a film (relatedVideo)'), ('tutorial', 'a course (tutorial)'), ('eventsInfo', 'tastings and other events (eventsInfo)'), ('socialMedia', 'social media (socialMedia)'), ('faqs', 'questions and answers (faqs)'), ('support', 'whom to ask (support)')], max_length=60, verbose_name='leads to'),
        ),
        migrations.AddConstraint(
            model_name='link',
            constraint=models.UniqueConstraint(fields=('product', 'lot_code', 'type', 'href', 'language'), name='link_once', violation_error_message='The product has this link already.'),
        ),
        migrations.RunPython(without_prefix, migrations.RunPython.noop),
    ]
