"""What the settings promise: one place, clear faults, no secrets, documentation that is true."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from voice_agent.core.config import CoreSettings
from voice_agent.core.errors import UsageError
from voice_agent.settings import (
    Settings,
    apply,
    in_force,
    load_settings,
    settings_table,
    unknown_variables,
)
from voice_agent.settings.sentences import group_fields
from voice_agent.settings.table import settings_page

DOCS = Path(__file__).parent.parent / "docs" / "settings.md"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [n for n in os.environ if n.startswith("VOICE_AGENT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def _fault(**overrides: object) -> str:
    with pytest.raises(UsageError) as caught:
        load_settings(**overrides)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def test_defaults_are_the_designs() -> None:
    """Without any variable the ladder, the patience and the address are DESIGN's."""
    settings = load_settings()
    assert (settings.host, settings.port, settings.sip.port) == ("127.0.0.1", 8080, 5060)
    ladder = settings.ladder
    assert (ladder.soft_s, ladder.offer_s, ladder.wait_s) == (12, 30, 60)
    assert (ladder.announce_s, ladder.announce_again_s) == (600, 60)
    assert (settings.patience.word_s, settings.patience.talk_s) == (0.3, 0.8)
    assert settings.keep_minutes == 30
    assert settings.metrics_public is False


def test_variable_beats_file_and_argument_beats_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line stands above the environment, which stands above `.env`."""
    Path(".env").write_text(
        "VOICE_AGENT_PORT=1001\nVOICE_AGENT_SIP__PORT=1002\nVOICE_AGENT_LADDER__SOFT_S=9\n"
        "OTHER_PROGRAM=1\n"
    )
    monkeypatch.setenv("VOICE_AGENT_SIP__PORT", "2002")
    monkeypatch.setenv("VOICE_AGENT_MAX_SESSIONS", "7")
    settings = load_settings(max_sessions=8, sip={"user": None}, port=None)
    assert (settings.port, settings.sip.port, settings.max_sessions) == (1001, 2002, 8)
    assert settings.core.ladder.soft_s == 9


def test_argument_changes_one_field_of_a_group_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """An override of a group's field leaves the group's other variables in force."""
    monkeypatch.setenv("VOICE_AGENT_SIP__MAX_CALLS", "9")
    sip = load_settings(sip={"port": 5070}).sip
    assert (sip.port, sip.max_calls) == (5070, 9)


def test_empty_variable_counts_as_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that compose passes on empty leaves the default."""
    monkeypatch.setenv("VOICE_AGENT_PORT", "")
    assert load_settings().port == 8080


def test_folders_follow_xdg(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data and cache lie where the desktop's convention puts them; a relative base is ignored."""
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere/data")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/ada")
    settings = load_settings()
    assert settings.data_dir == Path("/somewhere/data/still-here")
    assert settings.cache_dir == Path("/home/ada/.cache/still-here")
    assert settings.database_url == "sqlite:////somewhere/data/still-here/still-here.sqlite3"
    assert load_settings(data_dir="/d").database_url == "sqlite:////d/still-here.sqlite3"


def test_practices_are_the_shipped_ones() -> None:
    """Without a setting the practices come from the package."""
    assert load_settings().scripts_dir.name == "scripts_audio"


def test_hosts_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several host names fit in one variable, without JSON."""
    monkeypatch.setenv("VOICE_AGENT_ALLOWED_HOSTS", "here.example, There.example")
    assert load_settings().allowed_hosts == ("here.example", "there.example")


@pytest.mark.parametrize(
    ("variable", "value", "works"),
    [
        ("VOICE_AGENT_PORT", "99999", "at most 65535"),
        ("VOICE_AGENT_PORT", "eighty", "a whole number"),
        ("VOICE_AGENT_LADDER__OFFER_S", "-3", "more than 0"),
        ("VOICE_AGENT_LADDER__OFFER_S", "nan", "a number"),
        ("VOICE_AGENT_LOG_LEVEL", "loud", "'debug', 'info', 'warning', 'error'"),
        ("VOICE_AGENT_METRICS_PUBLIC", "perhaps", "true or false"),
        ("VOICE_AGENT_COUNTRY", "USA", "two letters"),
        ("VOICE_AGENT_KEEP_MINUTES", "31", "at most 30"),
    ],
)
def test_wrong_value_is_one_sentence_with_what_would_work(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, works: str
) -> None:
    """A wrong value names its variable, the value and what would work."""
    monkeypatch.setenv(variable, value)
    sentence = _fault()
    assert sentence.startswith(f"{variable} is {value!r}; give ")
    assert works in sentence


def test_misspelt_field_of_a_group_names_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slip inside a group is refused, with the name that was meant."""
    monkeypatch.setenv("VOICE_AGENT_LADDER__OFER_S", "3")
    assert "VOICE_AGENT_LADDER__OFFER_S" in _fault()


def test_group_that_is_not_an_object_shows_how_to_set_a_field(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A group's variable with plain text says how its fields are set."""
    monkeypatch.setenv("VOICE_AGENT_LADDER", "thirty")
    assert "VOICE_AGENT_LADDER__SOFT_S" in _fault()


def test_half_a_pair_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate without its key, or a SIP user without a domain, is one sentence."""
    assert "both cert and key" in _fault(tls={"cert": "x.pem"})
    monkeypatch.setenv("VOICE_AGENT_SIP__USER", "bob")
    assert "both user and domain" in _fault()


def test_sound_from_outside_is_a_matter_of_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses, ports and servers for a service behind a router; by default nobody is asked."""
    assert (load_settings().webrtc.servers, load_settings().webrtc.ports) == ((), (0, 0))
    monkeypatch.setenv("VOICE_AGENT_WEBRTC__ANNOUNCED", "192.0.2.1, 2001:db8::1")
    monkeypatch.setenv("VOICE_AGENT_WEBRTC__LOWEST_PORT", "50000")
    monkeypatch.setenv("VOICE_AGENT_WEBRTC__HIGHEST_PORT", "50100")
    monkeypatch.setenv("VOICE_AGENT_WEBRTC__ICE_SERVERS", "stun:a.example:3478")
    found = load_settings().webrtc
    assert found.addresses == ("192.0.2.1", "2001:db8::1")
    assert (found.ports, found.servers) == ((50_000, 50_100), ("stun:a.example:3478",))


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("ANNOUNCED", "here.example", "give IP addresses, separated by commas."),
        ("LOWEST_PORT", "50000", "give lowest_port and highest_port, the lower one first"),
        ("ICE_SERVERS", "http://x", "give URLs such as stun:example.org:3478"),
    ],
)
def test_wrong_way_from_outside_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: str
) -> None:
    """What no page could use is refused before the service starts."""
    monkeypatch.setenv(f"VOICE_AGENT_WEBRTC__{variable}", value)
    assert says in _fault()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("VOICE_AGENT_SIP", '{"password": {"x": "hunter2"}}'),
        ("VOICE_AGENT_SIP", '"hunter2"'),
        ("VOICE_AGENT_SIP", '{"password": "hunter2", "port": -1}'),
        ("VOICE_AGENT_SIP", '{"password": "hunter2"'),
        ("VOICE_AGENT_SIP", '{"password": "hunter2", "user": "u"}'),
        ("VOICE_AGENT_SIP", '{"pass": "hunter2"}'),
    ],
)
def test_secret_is_never_echoed(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    """No fault, and no picture of the settings, shows a password."""
    monkeypatch.setenv(variable, value)
    assert "hunter2" not in _fault()
    monkeypatch.delenv(variable)
    url = "postgresql://u:hunter2@db/x"
    shown = repr(load_settings(sip={"password": "hunter2"}, database_url=url))
    assert "hunter2" not in shown


def test_settings_cannot_be_changed_after_loading() -> None:
    """A loaded setting is frozen, in a group too."""
    settings = load_settings()
    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]
    with pytest.raises(ValidationError):
        settings.ladder.offer_s = 1.0  # type: ignore[misc]


def test_variable_that_is_no_setting_is_remarked_on() -> None:
    """Each is one sentence, with the nearest setting where one is near; what is ours is not."""
    found = unknown_variables(
        {
            "VOICE_AGENT_PROT": "1",
            "voice_agent_prt": "1",
            "VOICE_AGENT_PURPLE": "1",
            "VOICE_AGENT_EVAL_DATA": "x",
            "VOICE_AGENT_SIP__PORT": "1",
            "voice_agent_port": "1",
            "OTHER_PORT": "1",
        }
    )
    assert found == [
        "VOICE_AGENT_PROT is not a setting and has no effect; did you mean VOICE_AGENT_PORT?",
        "VOICE_AGENT_PURPLE is not a setting and has no effect.",
        "voice_agent_prt is not a setting and has no effect; did you mean VOICE_AGENT_PORT?",
    ]


def test_slip_in_the_file_is_remarked_on_too() -> None:
    """A plain variable of `.env` that is no setting is named as one of the environment is."""
    Path(".env").write_text("VOICE_AGENT_PRT=1\nSOMEBODY_ELSES=2\n", encoding="utf-8")
    assert unknown_variables() == [
        "VOICE_AGENT_PRT is not a setting and has no effect; did you mean VOICE_AGENT_PORT?"
    ]
    Path(".env").write_bytes(b"VOICE_AGENT_PRT=\xff\n")
    assert unknown_variables() == []


def test_log_gets_the_cores_settings_flat_and_no_others() -> None:
    """The log's first line holds every field of the core's groups, and nothing of the machine."""
    flat = in_force(load_settings(ladder={"offer_s": 31}))
    assert flat["ladder.offer_s"] == 31.0
    groups = {key.split(".")[0] for key in flat}
    assert groups == set(CoreSettings.model_fields)
    assert flat == in_force(apply(CoreSettings(), "ladder.offer_s", "31"))


def test_apply_changes_one_field_and_leaves_the_original() -> None:
    """`--set` gives a new object with one field changed."""
    core = CoreSettings()
    changed = apply(core, "ladder.offer_s", "20")
    assert changed.ladder.offer_s == 20.0
    assert core.ladder.offer_s == 30.0
    assert changed.patience == core.patience


@pytest.mark.parametrize(
    ("key", "value", "part"),
    [
        ("ladder.ofer_s", "1", "the nearest is ladder.offer_s"),
        ("nothing.like_it", "1", "There is no setting nothing.like_it"),
        ("ladder.offer_s", "soon", "ladder.offer_s is 'soon'; give a number"),
        ("ladder.offer_s", "-1", "ladder.offer_s is '-1'; give a number, more than 0"),
    ],
)
def test_apply_refuses_in_one_sentence(key: str, value: str, part: str) -> None:
    """An unknown key or a value out of bounds is one sentence."""
    with pytest.raises(UsageError) as caught:
        apply(CoreSettings(), key, value)
    assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_field_is_described() -> None:
    """No setting is without a meaning in the table."""
    for name, field in Settings.model_fields.items():
        leaves = group_fields(field.annotation) or {name: field}
        for leaf_name, leaf in leaves.items():
            assert leaf.description, f"{name}.{leaf_name} has no description"


def test_documentation_is_not_stale() -> None:
    """docs/settings.md is what the code makes of itself now."""
    assert DOCS.read_text(encoding="utf-8") == settings_page(), (
        "stale: python -m voice_agent.settings > docs/settings.md"
    )


def test_table_does_not_depend_on_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table is the same on any machine."""
    before = settings_table()
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("VOICE_AGENT_PORT", "1")
    assert settings_table() == before
    assert str(Path.home()) not in before
