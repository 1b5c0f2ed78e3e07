"""The API's documentation page at /docs, from assets in the installed package, not a CDN."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/begin.js"></script>
</body>
</html>
"""
_BEGIN = """SwaggerUIBundle({url: "/openapi.json", dom_id: "#swagger-ui", validatorUrl: null});
"""


class DescribedApp(FastAPI):
    """An app that describes itself in OpenAPI 3.0: the page's library renders no 3.1."""

    def openapi(self) -> dict[str, Any]:
        """Return the API's definition."""
        if self.openapi_schema is None:
            self.openapi_version = "3.0.3"
            self.openapi_schema = _plain(super().openapi())
        return self.openapi_schema


def _plain(node: Any) -> Any:
    """Return `node` with what 3.1 says otherwise than 3.0 said in 3.0: `const`, and null."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _plain(value) for key, value in node.items()}
    if "const" in plain:
        plain["enum"] = [plain.pop("const")]
    kinds = plain.get("anyOf")
    if isinstance(kinds, list) and _NULL in kinds:
        others = [kind for kind in kinds if kind != _NULL]
        plain.pop("anyOf")
        plain |= {"nullable": True, "allOf" if len(others) == 1 else "anyOf": others}
    return plain


_NULL = {"type": "null"}


def add(app: FastAPI) -> None:
    """Add the page and its assets."""
    import swagger_ui_bundle

    assets = Path(swagger_ui_bundle.swagger_ui_path)

    @app.get("/docs", response_class=HTMLResponse, include_in_schema=False)
    async def page() -> str:
        return _PAGE

    @app.get("/docs/begin.js", include_in_schema=False)
    async def begin() -> Response:
        return Response(_BEGIN, media_type="text/javascript")

    app.mount("/docs/assets", StaticFiles(directory=assets), name="docs-assets")
