"""No test draws numbers that depend on which tests ran before it."""

import ast
from pathlib import Path

TESTS = Path(__file__).parents[1]
FILES = [file for file in sorted(TESTS.rglob("*.py")) if file.name != "drawn.py"]


def generators(tree: ast.Module) -> set[str]:
    """Names of the module's own random generators."""
    return {
        target.id
        for statement in tree.body
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call)
        if ast.unparse(statement.value.func).endswith(("default_rng", "random.Random"))
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def drawn_in_functions(source: str) -> list[str]:
    """Uses of a module's generator that wait for a test."""
    tree = ast.parse(source)
    names = generators(tree)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Lambda)]
    return [
        f"{node.id}, line {node.lineno}"
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and node.id in names
    ]


def test_functions_draw_from_the_generator_that_starts_anew_for_each_test():
    found = {
        str(file.relative_to(TESTS)): drawn_in_functions(file.read_text("utf-8")) for file in FILES
    }
    assert not {file: uses for file, uses in found.items() if uses}, "draw from drawn.RANDOM"


def test_the_rule_finds_such_a_draw():
    source = "R = np.random.default_rng(1)\nX = R.normal()\ndef test(): return R.normal()\n"
    assert drawn_in_functions(source) == ["R, line 3"]
