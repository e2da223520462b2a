"""The script of the setup program, read as text: no Windows is here to compile it."""

import re
from pathlib import Path

from desktop_app.kept_data.parts import Part
from desktop_app.paths import APPLICATION_NAME
from installers.packaging.places import program
from installers.windows.setup import SCRIPT

TEXT = SCRIPT.read_text("utf-8")
DEFINED = dict(re.findall(r'^#define (\w+) "(.+)"$', TEXT, re.MULTILINE))
SPEC = SCRIPT.parents[1] / "packaging" / "moatless.spec"


def sections():
    """Return the lines of each section without comments, directives and what is between them."""
    found = re.split(r"^\[(\w+)\]$", TEXT, flags=re.MULTILINE)
    return {
        name: [line for line in body.splitlines() if line and not line.startswith((";", "#"))]
        for name, body in zip(found[1::2], found[2::2], strict=True)
    }


def settings():
    return dict(line.split("=", 1) for line in sections()["Setup"])


def entries(section):
    """Return the parameters of each entry of a section."""
    return [dict(re.findall(r'(\w+): "?([^";]+)"?(?:;|$)', line)) for line in sections()[section]]


CODE = "\n".join(sections()["Code"])


def test_every_line_of_a_section_is_a_setting_or_an_entry():
    for name, lines in sections().items():
        if name == "Setup":
            assert all(re.fullmatch(r"\w+=.+", line) for line in lines)
        elif name != "Code":
            assert all(re.fullmatch(r'(\w+: ("[^"]+"|[^";]+)(; |$))+', line) for line in lines), name


def test_what_is_used_is_defined_or_demanded():
    demanded = set(re.findall(r"^#ifndef (\w+)$", TEXT, re.MULTILINE))
    used = set(re.findall(r"\{#(\w+)\}", TEXT))
    assert used <= DEFINED.keys() | demanded
    assert "Version" in demanded
    assert TEXT.count("#error") == len(demanded)
    assert not re.search(r"\d+\.\d+\.\d+", settings()["AppVersion"])


def test_conditions_are_closed():
    assert len(re.findall(r"^#if", TEXT, re.MULTILINE)) == len(re.findall(r"^#endif", TEXT, re.MULTILINE))


def test_the_programs_are_those_that_are_frozen():
    assert DEFINED["Name"] == APPLICATION_NAME
    assert DEFINED["CommandLine"] == program(Path("x"), "win32").name
    frozen = SPEC.read_text("utf-8")
    assert DEFINED["Program"] == f"{APPLICATION_NAME}.exe"
    assert "program(Path(CONSOLE_PROGRAM).stem, True" in frozen  # which `places.program` names, too
    assert "program(APPLICATION_NAME, False" in frozen


def test_an_upgrade_is_known_by_an_id_that_is_never_changed():
    assert DEFINED["Id"] == "932B492D-AA06-4EE7-82AF-D23DEFB88B0B"
    assert settings()["AppId"] == "{{{#Id}}"  # Inno Setup reads two braces as one


def test_no_administrator_is_needed():
    assert settings()["PrivilegesRequired"] == "lowest"
    assert settings()["PrivilegesRequiredOverridesAllowed"].split() == ["commandline", "dialog"]
    assert settings()["DefaultDirName"].startswith("{autopf}")


def test_it_is_for_the_windows_that_qt_runs_on():
    assert settings()["ArchitecturesAllowed"] == settings()["ArchitecturesInstallIn64BitMode"] == "x64compatible"
    assert settings()["MinVersion"].startswith("10.0.")


def test_the_libraries_of_an_older_version_go_before_the_new_ones_come():
    assert entries("InstallDelete") == [{"Type": "filesandordirs", "Name": "{app}\\_internal"}]
    assert TEXT.index("[InstallDelete]") < TEXT.index("[Files]")


def test_all_of_the_frozen_folder_is_installed():
    (files,) = entries("Files")
    assert files["Source"] == "{#Folder}\\*"
    assert {"ignoreversion", "recursesubdirs"} <= set(files["Flags"].split())


def test_the_icon_on_the_desktop_is_offered_and_not_pressed_on():
    (task,) = entries("Tasks")
    assert task["Flags"] == "unchecked"
    assert [icon.get("Tasks") for icon in entries("Icons")] == [None, task["Name"]]


def test_no_kind_of_file_is_taken_over():
    assert "Registry" not in sections()


def test_what_runs_is_closed_before_it_is_replaced():
    assert settings()["CloseApplications"] == "force"


# ------------------------------------------------------------ uninstalling


def test_what_can_be_deleted_is_what_the_command_knows():
    words = re.findall(r"Result := Result \+ ' ([\w-]+)';", CODE)
    assert words == [part.value for part in Part]
    assert "'remove-data' + What + ' --yes'" in CODE


def test_every_question_is_answered_with_no_unless_somebody_says_yes():
    assert CODE.count("MB_YESNO") == CODE.count("MB_YESNO or MB_DEFBUTTON2") == 1
    assert CODE.count("Agrees('") == len(Part) + 1


def test_silently_nothing_is_asked_and_nothing_deleted():
    asking = CODE[CODE.index("procedure CurUninstallStepChanged") :]
    assert asking.index("UninstallSilent()") < asking.index("Unwanted()") < asking.index("Exec(")


def test_data_goes_while_the_program_is_still_there():
    assert "CurUninstallStep <> usUninstall" in CODE
    assert "usPostUninstall" not in CODE


def test_the_uninstaller_deletes_nothing_else_than_the_program():
    assert entries("UninstallDelete") == [{"Type": "filesandordirs", "Name": "{app}\\_internal"}]


def test_what_is_opened_is_closed():
    spoken = re.sub(r"'[^']*'", "''", CODE)
    assert spoken.count("(") == spoken.count(")")
    assert len(re.findall(r"\bbegin\b", spoken)) == len(re.findall(r"\bend;", spoken))


def test_nobody_is_shouted_at():
    assert "!" not in CODE
