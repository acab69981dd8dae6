"""What no page and no client may do: headers on every response, and routes that stay closed. Pure ASGI."""

import json
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Gradio compiles templates and event scripts at run time, hence unsafe-eval; its inline scripts stay blocked.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "frame-src 'none'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
# Gradio would fetch public URLs for anyone, proxy to Spaces, serve files, take uploads: none is needed.
CLOSED = ("/file=", "/proxy=", "/upload", "/component_server", "/stream", "/vibe")
BODY_MAX = 2_000_000  # bytes; the longest honest body is a conversation of 20 questions


class Guard:
    """Wraps the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses, or passes on and adds the headers to the response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = refused(scope["method"], scope["path"], Headers(scope=scope))
        if refusal:
            await _refuse(*refusal, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, with_headers)


def refused(method: str, path: str, headers: Headers) -> tuple[int, str] | None:
    """Status and reason where a request is not let through, else None."""
    lowered = path.lower()
    tail = lowered.partition("/gradio_api")[2] if "/gradio_api" in lowered else lowered
    if tail.startswith(CLOSED):
        return 403, "this route is closed"
    if method not in ("GET", "HEAD", "OPTIONS"):
        origin = headers.get("origin")
        if origin and urlsplit(origin).netloc != headers.get("x-forwarded-host", headers.get("host")):
            return 403, "another site may not write here"
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > BODY_MAX:
            return 413, "the request is too large"
    return None


async def _refuse(status: int, reason: str, send: Send) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
    headers.append((b"content-type", b"application/json"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps({"error": reason}).encode()})
