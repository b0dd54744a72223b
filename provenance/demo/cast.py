"""Everybody who takes part. None of them exists; the places are towns, not farms."""

from dataclasses import dataclass

from provenance.demo.stage import Actor, Stage
from provenance.trail.services.acting import HeldKey


@dataclass(frozen=True)
class Cast:
    """``growers``: the Huila farmers in the order of their deliveries."""

    huila_coop: Actor
    growers: tuple[Actor, ...]
    huila_mill: Actor
    huila_exporter: Actor
    misale: Actor
    almaz: Actor
    yirgacheffe_mill: Actor
    yirgacheffe_exporter: Actor
    minas_coop: Actor
    joao: Actor
    minas_exporter: Actor
    importer: Actor
    roaster: Actor
    auditor: Actor


# Log-in, name, farm, village, blurred position.
HUILA_GROWERS = (
    ("rosa", "Rosa Inventada", "Finca El Borrador", "Vereda Supuesta, Pitalito, Huila", "geo:1.9,-76.1"),
    ("prospero", "Próspero Ficticio", "Finca La Quimera", "Vereda Supuesta, Pitalito, Huila", "geo:1.9,-76.0"),
    ("nieves", "Nieves Ejemplo", "Finca Papel Blanco", "Vereda Tal Vez, Acevedo, Huila", "geo:1.8,-75.9"),
    ("jacinto", "Jacinto Quizás", "Finca El Duende", "Vereda Tal Vez, Acevedo, Huila", "geo:1.8,-75.9"),
    ("elvira", "Elvira Acaso", "Finca Buenaventuranza", "Vereda Otra Vez, Timaná, Huila", "geo:2.0,-75.9"),
)


def gather(stage: Stage) -> Cast:
    huila_coop = stage.actor(
        "huila-coop",
        "Cooperativa Érase Una Vez",
        role="station",
        other_roles=["officer"],
        country="CO",
        place="Bodega Érase Una Vez",
        place_kind="collection_point",
        town="Pitalito, Huila",
        geo="geo:1.9,-76.0",
    )
    misale = stage.actor(
        "misale",
        "Misale washing station",
        role="station",
        other_roles=["officer"],
        country="ET",
        place="Misale washing station",
        place_kind="washing_station",
        town="Yirgacheffe, Gedeo",
        geo="geo:6.2,38.2",
    )
    minas_coop = stage.actor(
        "minas-coop",
        "Cooperativa Era Uma Vez",
        role="mill",
        other_roles=["officer"],
        country="BR",
        place="Armazém Era Uma Vez",
        place_kind="warehouse",
        town="Carmo de Minas, Sul de Minas",
        geo="geo:-22.1,-45.1",
    )
    return Cast(
        huila_coop=huila_coop,
        growers=tuple(
            stage.actor(
                username,
                name,
                role="farmer",
                kind="person",
                country="CO",
                place=farm,
                place_kind="farm",
                town=village,
                geo=geo,
                guardian=huila_coop,
            )
            for username, name, farm, village, geo in HUILA_GROWERS
        ),
        huila_mill=stage.actor(
            "huila-mill",
            "Trilladora Colorín Colorado",
            role="mill",
            country="CO",
            place="Trilladora Colorín Colorado",
            place_kind="dry_mill",
            town="Neiva, Huila",
            geo="geo:2.9,-75.3",
        ),
        huila_exporter=stage.actor(
            "huila-exporter",
            "Exportadora Castillo en el Aire",
            role="exporter",
            country="CO",
            place="Bodega del Puerto",
            place_kind="port",
            town="Buenaventura",
            geo="geo:3.9,-77.1",
        ),
        misale=misale,
        almaz=stage.actor(
            "almaz",
            "Almaz Teret",
            role="farmer",
            kind="person",
            country="ET",
            place="Almaz’s garden",
            place_kind="farm",
            town="Misale, Yirgacheffe",
            geo="geo:6.2,38.2",
            guardian=misale,
        ),
        yirgacheffe_mill=stage.actor(
            "teret-mill",
            "Teret dry mill",
            role="mill",
            country="ET",
            place="Teret dry mill",
            place_kind="dry_mill",
            town="Addis Ababa",
            geo="geo:9.0,38.7",
        ),
        yirgacheffe_exporter=stage.actor(
            "teret-export",
            "Teret Coffee Export",
            role="exporter",
            country="ET",
            place="Teret warehouse",
            place_kind="warehouse",
            town="Addis Ababa",
            geo="geo:9.0,38.7",
        ),
        minas_coop=minas_coop,
        joao=stage.actor(
            "joao",
            "João Faz-de-Conta",
            role="farmer",
            kind="person",
            country="BR",
            place="Fazenda Faz de Conta",
            place_kind="farm",
            town="Carmo de Minas, Sul de Minas",
            geo="geo:-22.1,-45.1",
            guardian=minas_coop,
        ),
        minas_exporter=stage.actor(
            "minas-exporter",
            "Exportadora Conto de Fadas",
            role="exporter",
            country="BR",
            place="Armazém do Porto",
            place_kind="port",
            town="Santos",
            geo="geo:-24.0,-46.3",
        ),
        importer=stage.actor(
            "importer",
            "Luftschloss Rohkaffee",
            role="importer",
            country="DE",
            place="Luftschloss warehouse",
            place_kind="warehouse",
            town="Hamburg",
            geo="geo:53.5,10.0",
        ),
        roaster=stage.actor(
            "roaster",
            "Rösterei Nirgendwo",
            role="roaster",
            country="AT",
            place="Rösterei Nirgendwo",
            place_kind="roastery",
            town="Vienna",
            geo="geo:48.2,16.4",
        ),
        auditor=stage.actor(
            "auditor",
            "Fabula Audits",
            role="auditor",
            country="CH",
            place="Fabula laboratory",
            place_kind="laboratory",
            town="Basel",
            geo="geo:47.6,7.6",
        ),
    )


def with_phones(cast: Cast) -> dict[str, HeldKey | None]:
    """Who signs with a key of their own: everybody on the way of the Huila coffee, so both sides of it can be told."""
    owners = (*cast.growers, cast.huila_coop, cast.huila_mill, cast.huila_exporter, cast.importer, cast.roaster)
    return dict.fromkeys((owner.party for owner in owners), None)
