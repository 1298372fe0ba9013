# Looks at an unpacked package: which files do not compile, what the handler's module defines, and what it needs at its
# start and is nowhere. Nothing of the package is run.
import ast
import importlib.util
import json
import os
import resource
import sys
import warnings



def limit(what, most):
    hard = resource.getrlimit(what)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


# A hostile file may be made to be compiled for ever.
limit(resource.RLIMIT_CPU, 20)
limit(resource.RLIMIT_AS, 1 << 30)
warnings.simplefilter("ignore")

root, module, entry, name = sys.argv[1:5]


def sources():
    for folder, folders, files in os.walk(root):
        folders.sort()
        for file in sorted(files):
            if file.endswith(".py"):
                yield os.path.relpath(os.path.join(folder, file), root)


def parse(file):
    """Its tree, or the line and the words of what is wrong with it."""
    try:
        with open(os.path.join(root, file), "rb") as opened:
            text = opened.read()
        compile(text, file, "exec", dont_inherit=True)
        return ast.parse(text, file), None
    except SyntaxError as error:
        return None, (error.lineno, "%s: %s" % (type(error).__name__, error.msg))
    except (ValueError, RecursionError, MemoryError, OSError) as error:
        return None, (None, "%s: %s" % (type(error).__name__, error))


def expressions(node):
    """What a statement says itself, without the statements inside of it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.stmt, ast.ExceptHandler)):
            yield from ast.walk(child)


def bound(nodes, names):
    """Adds the names that statements bind at the top level; whether others may be bound that only running tells."""
    unknown = False
    for node in nodes:
        unknown |= type(node).__name__ == "Match"
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
            unknown |= node.name == "__getattr__"
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                unknown |= alias.name == "*"
                names.add(alias.asname or alias.name.split(".")[0])
            continue
        for part in expressions(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                names.add(part.id)
            if isinstance(part, ast.Name) and part.id in ("globals", "exec", "setattr", "vars"):
                unknown = True
        for field in ("body", "orelse", "finalbody", "handlers"):
            for one in getattr(node, field, None) or []:
                unknown |= bound([one] if isinstance(one, ast.stmt) else one.body, names)
    return unknown


def files_of(module):
    """The files that are run when a module of the package is imported."""
    found, parts = [], module.split(".")
    for n in range(1, len(parts) + 1):
        stem = "/".join(parts[:n])
        there = [f for f in (stem + ".py", stem + "/__init__.py") if os.path.isfile(os.path.join(root, f))]
        found += there[:1]
    return found


def imports(file, tree):
    """The modules that a file imports whenever it is run."""
    package = os.path.dirname(file).split("/") if os.path.dirname(file) else []
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base = base + (node.module.split(".") if node.module else [])
            if base:
                yield ".".join(base)
            for alias in node.names:
                # It may be a module as well.
                if files_of(".".join(base + [alias.name])):
                    yield ".".join(base + [alias.name])


def is_somewhere(module):
    top = module.split(".")[0]
    names = os.listdir(root)
    if any(known == top or known.split(".")[0] == top for known in names):
        return True
    try:
        return importlib.util.find_spec(top) is not None
    except (ImportError, ValueError):
        return False


trees, broken = {}, {}
for file in sources():
    trees[file], wrong = parse(file)
    if wrong:
        broken[file] = wrong

needed, missing = [], {}
open_files = files_of(module) + [entry]
while open_files:
    file = open_files.pop()
    if file in needed:
        continue
    needed.append(file)
    tree = trees.get(file)
    for imported in imports(file, tree) if tree else []:
        open_files += files_of(imported)
        if not is_somewhere(imported):
            missing.setdefault(imported.split(".")[0], file)

names, handler = set(), None
if trees.get(entry):
    unknown = bound(trees[entry].body, names)
    handler = name in names or (None if unknown else False)

json.dump(
    {
        "broken": [
            {"file": file, "line": line, "message": message, "needed": file in needed}
            for file, (line, message) in broken.items()
        ],
        "handler": handler,
        "defined": sorted(names),
        "missing": [{"file": file, "module": top} for top, file in missing.items()],
    },
    sys.stdout,
)
