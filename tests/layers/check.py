"""Holds the #include lines of include/telltale and src to the layers of docs/design.md.

    check.py SOURCE_DIRECTORY      names every line that breaks a rule; exit code 1 if there is one
    check.py --self-test           shows that each rule finds its violation

The rules: an #include points down or stays in its layer, never up; testing/ may use 0 to 4 and nothing
uses it; a public header includes the standard library and telltale only, a bridge's also the library that it leads to; a
file belongs to a layer.
"""

import pathlib
import re
import sys
import tempfile

# Layer by path, without include/telltale/ or src/ and without the extension. The first match counts.
# A new file in one of these folders needs nothing; a new folder or top-level header is added here and
# in the design's table.
TESTING = 9
LAYERS = [
    (r"testing(/|$)", TESTING),
    # 0 base
    (r"(version|fwd|config|resource|result|clock|attributes|redaction)$", 0),
    (r"tracing/span_context$", 0),
    (r"(base|detail)/", 0),
    # 1 instruments
    (r"metrics(/|$)", 1),
    # 2 signals
    (r"(tracing|logging|propagation)(/|$)", 2),
    (r"(health|recorder)(/|$)", 2),
    # 3 families
    (r"families(/|$)", 3),
    # 4 edges
    (r"(exposition|export|errors|instrument|net|tools)(/|$)", 4),
    # 5 facade
    (r"(telemetry|telltale)(/|$)", 5),
]

# The public headers that exist for another library, each in a component of its own, and what they may include.
BRIDGES = {"exposition/prometheus.hpp": "prometheus/", "testing/catch_matchers.hpp": "catch2/"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
STANDARD = re.compile(r"^[a-z0-9_]+$")


def layer_of(path):
    return next((layer for pattern, layer in LAYERS if re.match(pattern, path)), None)


def named(layer):
    return "testing" if layer == TESTING else f"layer {layer}"


def target_of(root, file, quote, name):
    """The layered path of an included file of this project, or None for one from elsewhere."""
    if name.startswith("telltale/"):
        return pathlib.PurePath(name).relative_to("telltale")
    if quote == '"':
        for folder in (file.parent, root / "src"):
            path = (folder / name).resolve()
            for top in (root / "src", root / "include/telltale"):
                if path.is_relative_to(top.resolve()) and path.exists():
                    return path.relative_to(top.resolve())
    return None


def check(root):
    problems = []
    for top, public in ((root / "include/telltale", True), (root / "src", False)):
        files = [file for file in sorted(top.rglob("*")) if file.suffix in (".hpp", ".cpp")]
        for file in files:
            own = layer_of(str(file.relative_to(top).with_suffix("")))
            where = file.relative_to(root)
            bridge = BRIDGES.get(str(file.relative_to(top)), "telltale/") if public else "telltale/"
            if own is None:
                problems.append(f"{where}: belongs to no layer; put it in a folder of its layer, or "
                                "add it to LAYERS in tests/layers/check.py and to docs/design.md")
                continue
            for number, line in enumerate(file.read_text().splitlines(), 1):
                include = INCLUDE.match(line)
                if not include:
                    continue
                quote, name = include.groups()
                target = target_of(root, file, quote, name)
                if target is None:
                    if quote == '"':
                        problems.append(f'{where}:{number}: "{name}" is no file of this project')
                    elif public and not STANDARD.match(name) and not name.startswith(bridge):
                        problems.append(f"{where}:{number}: a public header includes <{name}>, which "
                                        "is not of the standard library; move it into src/")
                    continue
                other = layer_of(str(target.with_suffix("")))
                if other is None:
                    problems.append(f"{where}:{number}: {name} belongs to no layer; add it to LAYERS "
                                    "in tests/layers/check.py and to docs/design.md")
                elif other == TESTING and own != TESTING:
                    problems.append(f"{where}:{number}: includes {name}, and nothing uses testing/")
                elif own == TESTING and other == 5:
                    problems.append(f"{where}:{number}: testing may use layers 0 to 4, and {name} is "
                                    "layer 5")
                elif other > own:
                    problems.append(f"{where}:{number}: {named(own)} includes {name} of "
                                    f"{named(other)}; arrows point down, never up")
    return problems


def self_test():
    cases = {
        "an include that points up": ("include/telltale/clock.hpp", "<telltale/metrics.hpp>", "never up"),
        "third-party code in a header": ("include/telltale/health.hpp", "<spdlog/spdlog.h>", "move it"),
        "other third-party code in a bridge": ("include/telltale/exposition/prometheus.hpp", "<civetweb.h>", "move it"),
        "a system header": ("include/telltale/health.hpp", "<unistd.h>", "move it"),
        "a use of testing": ("src/telemetry/a.cpp", "<telltale/testing/clock.hpp>", "nothing uses"),
        "testing above its reach": ("include/telltale/testing/a.hpp", "<telltale/telemetry.hpp>",
                                    "may use"),
        "a file of no layer": ("include/telltale/surprise.hpp", "<vector>", "no layer"),
        "an include of no layer": ("src/metrics/a.cpp", "<telltale/surprise.hpp>", "no layer"),
        "a private header that is not there": ("src/metrics/a.cpp", '"gone.hpp"', "no file"),
        "a private header of a higher layer": ("src/metrics/a.cpp", '"net/client.hpp"', "never up"),
    }
    for what, (path, include, expected) in cases.items():
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name in (path, "include/telltale/good.hpp", "src/net/client.hpp"):
                (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / "src/net/client.hpp").write_text("#include <sys/socket.h>\n")
            (root / path).write_text(f"#include <vector>\n#include {include}\n")
            problems = check(root)
            if len(problems) != 1 or expected not in problems[0]:
                sys.exit(f"{what}: expected one problem with '{expected}', got {problems}")
    print(f"{len(cases)} violations found")


def main():
    if sys.argv[1] == "--self-test":
        return self_test()
    problems = check(pathlib.Path(sys.argv[1]).resolve())
    print("\n".join(problems) or "every include points down")
    sys.exit(1 if problems else 0)


main()
