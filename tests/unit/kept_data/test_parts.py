"""What is kept is told by what is there, whatever there is."""

from desktop_app.cli import REMOVABLE
from desktop_app.kept_data.parts import WORDS, Part, kept_of, kept_on_disk


def test_the_command_line_has_a_word_for_every_part():
    assert set(REMOVABLE) == {*Part, "all"}
    assert set(WORDS) == set(Part)


def test_of_a_folder_that_is_not_there_nothing_is_kept_and_nothing_is_made(data_folder, tmp_path):
    nowhere = type(data_folder)(tmp_path / "nowhere")
    assert [(kept.paths, kept.is_there) for kept in kept_on_disk(nowhere)] == [((), False)] * 5
    assert not nowhere.root.exists()


def test_folders_with_nothing_in_them_do_not_count(data_folder):
    assert not any(kept.is_there for kept in kept_on_disk(data_folder))


def test_every_file_of_a_full_folder_belongs_to_one_part(full):
    kept = kept_on_disk(full)
    assert all(each.is_there for each in kept)
    found = [path for each in kept for path in each.paths]
    assert sorted(found) == sorted(full.root.iterdir())
    everything = sum(path.stat().st_size for path in full.root.rglob("*") if path.is_file())
    assert sum(each.size_bytes for each in kept) == everything


def test_what_a_link_leads_to_does_not_count(full, tmp_path):
    full.models.rename(tmp_path / "large disk")
    full.models.symlink_to(tmp_path / "large disk")
    kept = kept_of(full, Part.MODELS)
    assert kept.links == (full.models,)
    assert kept.is_there
    assert kept.size_bytes < 1000
