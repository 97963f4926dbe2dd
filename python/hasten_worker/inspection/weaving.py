"""Functions of pytest with calls of ours in them, and without a frame of ours around them.

A wrapper would be seen in tracebacks, and would cost more. So the code of a function is made anew
from its source, with calls added at places that are there, under the same name and file: frames,
lines and columns in tracebacks stay what they are. The function stays the same object.
"""

import __future__

import ast
import marshal
import os
import sys
from hashlib import sha256
from types import CodeType, FunctionType, ModuleType

# Of what is kept.
_VERSION = 2, sys.version, sys.flags.optimize
_FUTURES = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)


def weave(changes):
    """Puts new code into functions; returns the code of those that got some, as it was before.

    ``changes`` maps each function to what changes its definition, as a tree, and says whether it
    could. Where a source is not that of the function in memory, nothing is done. What was made is
    kept beside the byte code of this package: making it takes some milliseconds.
    """
    functions = [each for each in changes if isinstance(each, FunctionType)]
    path = _path_of(functions)
    codes = _kept(path)
    if codes is None or len(codes) != len(functions):
        sources = {}
        codes = [_made(each, changes[each], sources) for each in functions]
        _keep(path, codes)
    before = {}
    for function, code in zip(functions, codes):
        if code is not None:
            before[function] = function.__code__
            function.__code__ = code
    return before


def unweave(before):
    """Gives functions their code back; not where somebody else has put his own there meanwhile."""
    for function, code in before.items():
        if function.__code__.co_filename == code.co_filename:
            function.__code__ = code


def _path_of(functions):
    """Returns the file for the code of these functions, as they are now."""
    facts = [(each.__code__.co_filename, _facts(each.__code__)) for each in functions]
    name = sha256(repr((_VERSION, facts)).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return os.path.join(os.path.dirname(__file__), "__pycache__", f"woven-{name}.bin")


def _kept(path):
    try:
        with open(path, "rb") as file:
            return marshal.load(file)
    except (OSError, ValueError, EOFError, TypeError):
        return None


def _keep(path, codes):
    part = f"{path}.{os.getpid()}"
    try:
        with open(part, "wb") as file:
            marshal.dump(codes, file)
        os.replace(part, path)
    except (OSError, ValueError):  # it is made again the next time
        pass


def between(before, variables, body, after):
    """Returns a statement that does what those of ``body`` do, between two calls of ours.

    ``before`` and ``after`` are global functions. The first gets the variables, and says whether
    the second is to be called when the rest is done, however it ends.
    """
    after = ast.Expr(_call(after, (), body[-1]))
    around = ast.Try(body, [], [], [ast.copy_location(after, body[-1])])
    made = ast.If(_call(before, variables, body[0]), [ast.copy_location(around, body[0])], body)
    return ast.copy_location(made, body[0])


def _call(name, variables, at):
    arguments = [ast.Name(each, ast.Load()) for each in variables]
    made = ast.Call(ast.Name(name, ast.Load()), arguments, [])
    for node in (made, made.func, *arguments):
        ast.copy_location(node, at)
    return made


def _file_of(function):
    file = function.__code__.co_filename
    if file.startswith("<frozen"):
        return function.__globals__.get("__file__") or file
    return file


def _made(function, change, sources):
    """Returns the new code of a function, or None."""
    try:
        return _compile_changed(function, change, sources)
    except (OSError, SyntaxError, ValueError, TypeError, IndexError, AttributeError):
        return None


def _compile_changed(function, change, sources):
    code = function.__code__
    file = _file_of(function)
    if file not in sources:
        with open(file, encoding="utf-8") as source:
            sources[file] = source.readlines()
    lines = sources[file][code.co_firstlineno - 1 : _last_line(code)]
    # A method stays in a class, so that its columns stay what they are.
    is_method = lines[0][:1].isspace()
    tree = ast.parse("".join(("class _:\n", *lines) if is_method else lines))
    ast.increment_lineno(tree, code.co_firstlineno - 1 - is_method)
    definition = tree.body[0].body[0] if is_method else tree.body[0]
    for imports in ([_imports(function)], []):
        tree.body[:-1] = imports
        known = _compiled(tree, code)
        if known is not None and _is_same(known, code):
            break
    else:
        return None
    if not change(definition):
        return None
    made = _compiled(tree, code)
    if made is None or made.co_varnames != code.co_varnames or made.co_freevars:
        return None
    if made.co_cellvars != code.co_cellvars:
        return None
    if hasattr(code, "co_qualname"):
        return made.replace(co_qualname=code.co_qualname)
    return made


def _last_line(code):
    if hasattr(code, "co_positions"):
        return max(end or 0 for _, end, _, _ in code.co_positions())
    import dis

    return max(line for _, line in dis.findlinestarts(code))


def _imports(function):
    """Returns an import of the modules that it uses: calls of theirs are compiled differently.

    But not where the interpreter has put a module there itself, as in its own `importlib`.
    """
    known = function.__globals__
    names = [each for each in function.__code__.co_names if isinstance(known.get(each), ModuleType)]
    made = ast.Import([ast.alias(each) for each in names or ["_"]], lineno=1, col_offset=0)
    return ast.fix_missing_locations(made)


def _compiled(tree, code):
    flags = code.co_flags & _FUTURES
    found = compile(tree, code.co_filename, "exec", flags=flags, dont_inherit=True)
    for names in (("_", code.co_name), (code.co_name,)):
        for constant in found.co_consts:
            if isinstance(constant, CodeType) and constant.co_name in names:
                found = constant
                break
    return found if found.co_name == code.co_name else None


def _is_same(made, code):
    """Whether the source that was read is that of the function as it is."""
    return _facts(made) == _facts(code)


def _facts(code):
    inner = [_facts(each) for each in code.co_consts if isinstance(each, CodeType)]
    names = code.co_names, code.co_varnames, code.co_cellvars, code.co_freevars
    return code.co_name, code.co_firstlineno, code.co_code, names, inner
