"""What the modules of a folder declare is found there, and only that."""

from importlib import import_module

from bot.declarations import declared


def test_it_finds_what_is_of_the_kind_by_module_name_packages_among_them(tmp_path, monkeypatch):
    folder = tmp_path / "declaring_here"
    (folder / "b_folder" / "deep").mkdir(parents=True)
    texts = {
        "__init__": "THING = 'own'",
        "c": "THING = 'last'",
        "a": "THING = 'first'",
        "wrong_kind": "THING = 1",
        "nothing": "",
        "b_folder/__init__": "THING = 'folder'",
        "b_folder/deep/__init__": "THING = 'too deep'",
    }
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert declared(import_module("declaring_here"), "THING", str) == ("first", "folder", "last")
