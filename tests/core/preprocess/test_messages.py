"""Chat templates of strangers: what they may do, and how soon whatever else they try ends."""

from __future__ import annotations

import pytest

from isomorph.errors import BadModel, InputError
from isomorph.preprocess.messages.chat import Chat
from isomorph.preprocess.messages.conversation import conversation
from isomorph.preprocess.messages.renderer import Renderer

pytest.importorskip("jinja2")
SAID = [{"role": "user", "content": "hello <b>"}]
GROWING = "{{% set n = namespace(x={0}) %}}{{% for i in range(60) %}}{{% set n.x = {1} %}}{{% endfor %}}{{{{ n.x }}}}"  # noqa: E501


def rendered(template, messages=SAID, task=None, **variables):
    return Renderer(Chat(template, "here", variables=variables), {"bos_token": "<s>"}).render(
        messages, task
    )


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ bos_token }}{{ messages[0].content }}", "<s>hello <b>"),
        ("{{ messages | tojson }}", '[{"role": "user", "content": "hello <b>"}]'),
        ("{{ messages[0] | tojson(indent=1) }}", '{\n "role": "user",\n "content": "hello <b>"\n}'),
        ("[{{ missing }}]{% if tools %}t{% endif %}", "[]"),
        ("{% for m in messages[::-1] %}{{ loop.index }}{{ loop.last }}{{ loop.length }}{% endfor %}", "1True1"),  # noqa: E501
        ("{% for m in [1, 2, 3] %}{% if m == 2 %}{% break %}{% endif %}{{ m }}{% endfor %}", "1"),
        ("{% for m in messages %}{% generation %}{{ m.role }}{% endgeneration %}{% endfor %}", "user"),
        ("{{ messages | map(attribute='role') | map('upper') | join('-') }}", "USER"),
        ("{{ 'a-b'.split('-')[-1].strip() ~ 1 }}", "b1"),
        ("{{ '{}'.format(1) }}{{ '%s' % 'x' }}{{ '%d' | format(3) }}", "1x3"),
        ("{% set n = namespace(a=1) %}{% set n.a = n.a + 1 %}{{ n.a }}", "2"),
        ("{% macro f(x) %}<{{ x }}>{% endmacro %}{{ f(1) }}{{ f('a') }}", "<1><a>"),
        ("{% if messages[0].content is string and 'user' in messages[0].values() %}y{% endif %}", "y"),
        ("  {% if true %}\n a\n  {% endif %}\nb", " a\nb"),
    ],
)  # fmt: skip
def test_what_published_templates_do(template, text):
    assert rendered(template) == text


def test_the_task_reaches_a_template_that_asks_for_it():
    assert rendered("{{ task }}", task="query") == "query"
    assert rendered("{{ task }}") == ""


HOSTILE = {
    "a long loop": "{% for i in range(10**12) %}{% endfor %}",
    "loops in loops": "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}",
    "a wide text": "{{ 'a' * 10**9 }}",
    "a long list": "{{ [0] * 10**9 }}",
    "a great number": "{{ 10 ** (10 ** 10) }}",
    "texts that double": GROWING.format("'a'", "n.x ~ n.x"),
    "sums that double": GROWING.format("'a'", "n.x + n.x"),
    "lists that double": GROWING.format("[1]", "[n.x, n.x]"),
    "objects that double": GROWING.format("1", "dict(a=n.x, b=n.x)"),
    "numbers that double": GROWING.format("9", "n.x * n.x"),
    "a macro of itself": "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "a tree of calls": "{% macro f(n) %}{% if n %}{{ f(n-1) }}{{ f(n-1) }}{% endif %}{% endmacro %}{{ f(50) }}",  # noqa: E501
    "a loop of itself": "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "text of its own": "{% for i in range(99999) %}" + "a" * 100_000 + "{% endfor %}",
    "text in a macro": "{% macro f() %}" + "a" * 100_000 + "{% endmacro %}{% for i in range(9999) %}{% set x = f() %}{% endfor %}",  # noqa: E501
    "replaced": "{{ ('a' * 99999).replace('a', 'b' * 99999) }}",
    "replaced by a filter": "{{ ('a' * 99999) | replace('a', 'b' * 99999) }}",
    "joined": "{{ ('b' * 99999).join(range(99999)) }}",
    "joined by a filter": "{{ range(99999) | join('b' * 99999) }}",
    "padded": "{{ 'a'.ljust(10**9) }}",
    "a wide format": "{{ '%1000000000d' % 1 }}",
    "a format of a format": "{{ '{:{}}'.format(1, 10**9) }}",
    "a width of arguments": "{{ '%*d' % (10**9, 1) }}",
    "a wide date": "{{ strftime_now('%1000000000d') }}",
    "a wide indent": "{{ [1] | tojson(indent=10**9) }}",
    "compared again and again": "{% set a = range(90000) | list %}{% for i in range(99999) %}{% if 'x' in a %}{% endif %}{% endfor %}",  # noqa: E501
    "another template": "{% include 'other' %}",
    "one that is never asked for": "{% if false %}{% import 'other' as o %}{% endif %}",
    "a template above": "{% extends 'other' %}",
    "a class": "{{ ''.__class__.__mro__ }}",
    "a class by a filter": "{{ '' | attr('__class__') }}",
    "what it was given": "{{ messages.append(1) }}",
    "a name of its own": "{% set n = namespace(_a=1) %}",
    "many brackets": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "many blocks": "{% if 1 %}" * 3000 + "{% endif %}" * 3000,
    "a long template": "{{ 1 }}" * 100_000,
    "no template": "{% for %}",
    "half a template": "{% if messages %}",
}  # fmt: skip


@pytest.mark.parametrize("template", HOSTILE.values(), ids=HOSTILE)
def test_what_no_template_may_do(template):
    with pytest.raises(BadModel, match="chat template in here cannot be used"):
        rendered(template)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ raise_exception('Only users.') }}", "Only users."),
        ("{{ nothing.at.all }}", "'nothing' is undefined"),
        ("{{ 1 / 0 }}", "division"),
        ("{{ lipsum(n=10**9) }}", "'lipsum' is undefined"),
    ],
)
def test_messages_that_a_template_cannot_render(template, said):
    with pytest.raises(
        InputError, match=f"here cannot render messages of the roles user: .*{said}"
    ):
        rendered(template)


def test_a_long_text_is_no_fault_of_the_template():
    text = "word " * 2_000_000
    found = rendered(
        "{% for m in messages %}{{ m.content | trim }}.{% endfor %}",
        [{"role": "user", "content": text}],
    )
    assert found == text.strip() + "."


@pytest.mark.parametrize(
    "given",
    [
        [{"role": "user", "content": [{"type": "image", "image": "x.png"}]}],
        [{"role": "user", "content": 1}],
        [{"role": "user", "content": "a"}, "b"],
        [{"role": "user", "content": "a", "more": {1, 2}}],
    ],
)
def test_messages_that_hold_more_than_text_are_refused_by_their_index(given):
    with pytest.raises(InputError, match="Input 3 holds"):
        conversation(given, 3)
