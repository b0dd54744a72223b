"""The API's own documentation: made from its schema, without a line from elsewhere."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator


@require_safe
def documentation(request: HttpRequest) -> HttpResponse:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    return render(request, "audit/documentation.html", {"info": schema["info"], "operations": _operations(schema)})


def _operations(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "method": method.upper(),
            "path": path,
            "description": operation.get("description", ""),
            "parameters": operation.get("parameters", []),
            "formats": list(operation["responses"]["200"].get("content", {})),
            "open": {} in operation.get("security", [{}]),
        }
        for path, item in schema["paths"].items()
        for method, operation in item.items()
    ]
