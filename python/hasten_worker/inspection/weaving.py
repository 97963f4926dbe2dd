"""Functions of pytest with calls of ours in them, and without a frame of ours around them.

A wrapper would be seen in tracebacks, and would cost more. So the code of a function is made anew
from its source, with calls added at places that are there, under the same name and file: frames,
lines and columns in tracebacks stay what they are. The function stays the same object.
"""

import __future__

import ast
from types import CodeType, ModuleType

_FUTURES = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)


def weave(functions):
    """Puts new code into functions of one file, all or none; returns whether it did.

    ``functions`` maps each function to what changes its definition, as a tree, and says whether it
    could. Where a source is not that of the function in memory, nothing is done.
    """
    files = {function.__code__.co_filename for function in functions}
    if len(files) != 1:
        return False
    try:
        with open(files.pop(), encoding="utf-8") as file:
            lines = file.readlines()
        made = [_made(function, change, lines) for function, change in functions.items()]
    except (OSError, SyntaxError, ValueError, TypeError, IndexError, AttributeError):
        return False
    if None in made:
        return False
    for function, code in zip(functions, made):
        function.__code__ = code
    return True


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


def _made(function, change, lines):
    """Returns the new code of a function, or None."""
    code = function.__code__
    lines = lines[code.co_firstlineno - 1 : _last_line(code)]
    # A method stays in a class, so that its columns stay what they are.
    is_method = lines[0][:1].isspace()
    tree = ast.parse("".join(("class _:\n", *lines) if is_method else lines))
    ast.increment_lineno(tree, code.co_firstlineno - 1 - is_method)
    definition = tree.body[0].body[0] if is_method else tree.body[0]
    tree.body.insert(0, _imports(function))
    known = _compiled(tree, code)
    if known is None or not _is_same(known, code) or not change(definition):
        return None
    made = _compiled(tree, code)
    if made is None or made.co_varnames != code.co_varnames or made.co_freevars:
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
    """Returns an import of the modules that it uses: calls of theirs are compiled differently."""
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
    names = made.co_names, made.co_varnames, made.co_freevars
    return (made.co_code, *names) == (
        code.co_code,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
    )
