"""The one style sheet of the program, written from the tokens. Widgets say what they are by properties:

- buttons: `kind` = primary | quiet | back | danger; without it, plain
- labels: `role` = title | section | heading | small | muted | hint | danger | warn | good
- frames: `panel` = surface | sunken | card | chip
- tool buttons: `kind` = primary | pill | plain | tab | fold | toast
- text fields: `flat` = true, for those that lie in a frame of their own
"""

from desktop_app.gui.theme import scale
from desktop_app.gui.theme.scale import TypeScale
from desktop_app.gui.theme.tokens import DARK, Tokens
from desktop_app.paths import bundled


def style_sheet(t: Tokens, type_scale: TypeScale) -> str:
    """Return the whole style sheet."""
    return "".join(
        (
            _surfaces(t, type_scale),
            _buttons(t),
            _tool_buttons(t, type_scale),
            _fields(t),
            _choices(t),
            _menus(t, type_scale),
            _lists(t),
            _bars(t),
        )
    )


def _picture(name: str) -> str:
    """Return the path of a drawing for a part of a control; Qt reads these from files, so their color is baked in."""
    return bundled("icons", "controls", f"{name}.svg").as_posix()


def _surfaces(t: Tokens, type_scale: TypeScale) -> str:
    return f"""
QMainWindow, QDialog {{ background: {t.base}; }}
QFrame[panel="surface"] {{ background: {t.surface}; border: none; }}
QFrame[panel="sunken"] {{ background: {t.sunken}; border: none; }}
QFrame[panel="card"] {{
    background: {t.surface}; border: 1px solid {t.line}; border-radius: {scale.RADIUS_CARD}px; }}
QFrame[panel="chip"] {{ background: {t.sunken}; border: none; border-radius: {scale.TOUCH_HEIGHT // 2}px; }}
QLabel[role="title"] {{ font-size: {type_scale.title}pt; font-weight: 600; }}
QLabel[role="section"] {{ font-size: {type_scale.section}pt; font-weight: 600; }}
QLabel[role="heading"] {{ font-weight: 600; }}
QLabel[role="small"] {{ font-size: {type_scale.small}pt; color: {t.muted}; }}
QLabel[role="muted"] {{ color: {t.muted}; }}
QLabel[role="hint"] {{ font-size: {type_scale.small}pt; color: {t.faint}; }}
Toast QLabel {{ color: {t.base}; }}
QLabel[role="danger"] {{ color: {t.danger}; }}
QLabel[role="warn"] {{ color: {t.warn}; }}
QLabel[role="good"] {{ color: {t.good}; }}
QScrollArea {{ background: transparent; border: none; }}
MessagePage {{ background: {t.base}; border: none; }}
QToolTip {{
    background: {t.text}; color: {t.base}; border: none; padding: 5px 8px; font-size: {type_scale.small}pt; }}
"""


def _buttons(t: Tokens) -> str:
    # The ring is always there, transparent until the button has the focus, so that nothing moves.
    padding = f"padding: 0 {scale.SPACE_16 - 3}px; min-height: {scale.CONTROL_HEIGHT - 4}px;"
    return f"""
QPushButton {{ {padding} border-radius: {scale.RADIUS_SMALL}px; color: {t.text};
    background: {t.surface}; border: 1px solid {t.line}; margin: 1px; }}
QPushButton:hover {{ background: {t.hover}; }}
QPushButton:pressed {{ background: {t.pressed}; }}
QPushButton:disabled {{ color: {t.faint}; background: {t.base}; }}
QPushButton:focus {{ border: 2px solid {t.accent}; margin: 0; }}
QPushButton::menu-indicator {{ image: none; width: 0; }}
QPushButton[kind="primary"] {{
    background: {t.accent}; color: {t.on_accent}; border-color: {t.accent}; font-weight: 600; }}
QPushButton[kind="primary"]:hover, QPushButton[kind="primary"]:pressed {{
    background: {t.accent_strong}; border-color: {t.accent_strong}; }}
QPushButton[kind="primary"]:focus {{ border-color: {t.text}; }}
QPushButton[kind="primary"]:disabled {{ background: {t.pressed}; color: {t.muted}; border-color: {t.pressed}; }}
QPushButton[kind="quiet"] {{ background: transparent; border-color: transparent; color: {t.accent}; }}
QPushButton[kind="quiet"]:hover {{ background: {t.hover}; }}
QPushButton[kind="quiet"]:pressed {{ background: {t.pressed}; }}
QPushButton[kind="quiet"]:disabled {{ color: {t.faint}; background: transparent; }}
QPushButton[kind="quiet"]:focus {{ border-color: {t.accent}; }}
QPushButton[kind="back"] {{ background: transparent; border-color: transparent; color: {t.accent};
    padding: 0 {scale.SPACE_8}px 0 0; margin-left: 0; }}
QPushButton[kind="back"]:hover {{ color: {t.accent_strong}; background: {t.hover}; }}
QPushButton[kind="back"]:focus {{ border-color: {t.accent}; }}
QPushButton[kind="toast"] {{ background: transparent; border-color: {t.faint}; color: {t.base}; font-weight: 600; }}
QPushButton[kind="toast"]:hover, QPushButton[kind="toast"]:pressed {{ background: {t.muted}; }}
QPushButton[kind="toast"]:focus {{ border-color: {t.base}; }}
QPushButton[kind="danger"] {{ color: {t.danger}; }}
QPushButton[kind="danger"]:hover {{ background: {t.danger_soft}; border-color: {t.danger}; }}
QPushButton[kind="danger"]:disabled {{ color: {t.faint}; background: {t.base}; }}
QPushButton[kind="danger"]:focus {{ border-color: {t.danger}; }}
"""


def _tool_buttons(t: Tokens, type_scale: TypeScale) -> str:
    pill = scale.CONTROL_HEIGHT // 2
    return f"""
QToolButton {{ background: transparent; border: 2px solid transparent; border-radius: {scale.RADIUS_SMALL}px;
    padding: 2px; color: {t.text}; }}
QToolButton:hover {{ background: {t.hover}; }}
QToolButton:pressed, QToolButton:checked {{ background: {t.pressed}; }}
QToolButton:focus {{ border-color: {t.accent}; }}
QToolButton:disabled {{ color: {t.faint}; }}
QToolButton::menu-indicator {{ image: none; width: 0; }}
QToolButton[kind="primary"] {{ background: {t.accent}; color: {t.on_accent}; }}
QToolButton[kind="primary"]:hover, QToolButton[kind="primary"]:pressed {{ background: {t.accent_strong}; }}
QToolButton[kind="primary"]:focus {{ border-color: {t.text}; }}
QToolButton[kind="primary"]:disabled {{ background: {t.pressed}; }}
QToolButton[role="small"] {{ font-size: {type_scale.small}pt; color: {t.muted}; }}
QToolButton[kind="fold"] {{ padding: 0 {scale.ICON_SIZE_SMALL + 4}px; }}
QToolButton[kind="fold"]:checked, QToolButton[kind="fold"]:hover {{ background: transparent; color: {t.text}; }}
QToolButton[kind="pill"] {{ background: {t.surface}; border: 1px solid {t.line}; border-radius: {pill}px;
    padding: 0 {scale.SPACE_12}px; }}
QToolButton[kind="pill"]:hover {{ background: {t.hover}; }}
QToolButton[kind="pill"]:focus {{ border: 2px solid {t.accent}; }}
QToolButton[kind="tab"] {{ padding: 0 {scale.SPACE_12}px; color: {t.muted}; }}
QToolButton[kind="tab"]:checked {{ background: {t.accent_soft}; color: {t.text}; font-weight: 600; }}
QToolButton[kind="toast"]:hover, QToolButton[kind="toast"]:pressed {{ background: {t.muted}; }}
QToolButton[kind="plain"] {{ background: {t.surface}; border: 1px solid {t.line}; }}
QToolButton[kind="plain"]:hover {{ background: {t.hover}; }}
QToolButton[kind="plain"]:focus {{ border-color: {t.accent}; }}
"""


def _fields(t: Tokens) -> str:
    fields = "QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QComboBox"
    focused = ", ".join(f"{name.strip()}:focus" for name in fields.split(","))
    disabled = ", ".join(f"{name.strip()}:disabled" for name in fields.split(","))
    return f"""
{fields} {{ background: {t.surface}; color: {t.text}; border: 1px solid {t.line};
    border-radius: {scale.RADIUS_SMALL}px; padding: 1px 9px;
    selection-background-color: {t.selection}; selection-color: {t.text}; }}
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox {{ min-height: {scale.CONTROL_HEIGHT - 4}px; }}
QPlainTextEdit, QTextEdit {{ padding: 7px 7px; }}
{focused} {{ border: 2px solid {t.accent}; padding: 0 8px; }}
QPlainTextEdit:focus, QTextEdit:focus {{ padding: 6px 6px; }}
{disabled} {{ color: {t.faint}; background: {t.base}; }}
QPlainTextEdit[flat="true"], QTextEdit[flat="true"], QLineEdit[flat="true"] {{
    background: transparent; border: none; padding: 0; min-height: 0; }}
ProseView, CodeText {{ background: transparent; border: none; padding: 0; min-height: 0; }}
ProseView[muted="true"] {{ color: {t.muted}; }}
ProseView:focus, CodeText:focus {{ border: none; padding: 0; }}
QComboBox::drop-down {{ border: none; width: 28px; }}
QComboBox::down-arrow {{ image: url("{_picture("down")}"); width: 16px; height: 16px; }}
QAbstractSpinBox QLineEdit {{ background: transparent; border: none; padding: 0 0 0 8px; min-height: 0; }}
QSpinBox::up-button, QDoubleSpinBox::up-button {{ border: none; width: 22px; subcontrol-position: top right; }}
QSpinBox::down-button, QDoubleSpinBox::down-button {{
    border: none; width: 22px; subcontrol-position: bottom right; }}
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow {{ image: url("{_picture("up")}"); width: 12px; height: 12px; }}
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow {{ image: url("{_picture("down")}"); width: 12px; height: 12px; }}
QComboBox QAbstractItemView {{ background: {t.surface}; color: {t.text}; border: 1px solid {t.line}; outline: none;
    selection-background-color: {t.accent_soft}; selection-color: {t.text}; padding: 4px; }}
"""


def _choices(t: Tokens) -> str:
    return f"""
QCheckBox, QRadioButton {{ spacing: {scale.SPACE_8}px; min-height: {scale.TOUCH_HEIGHT - 4}px;
    border: 2px solid transparent; border-radius: {scale.RADIUS_SMALL}px; }}
QCheckBox:focus, QRadioButton:focus {{ border-color: {t.accent}; }}
QCheckBox::indicator {{ width: 16px; height: 16px; border-radius: 5px; border: 1px solid {t.faint};
    background: {t.surface}; }}
QCheckBox::indicator:hover {{ border-color: {t.accent}; }}
QCheckBox::indicator:checked {{ background: {t.accent}; border-color: {t.accent};
    image: url("{_picture("check-dark" if t is DARK else "check-light")}"); }}
QCheckBox::indicator:disabled {{ border-color: {t.handle}; }}
QCheckBox::indicator:checked:disabled {{ background: {t.handle}; }}
QRadioButton::indicator {{ width: 16px; height: 16px; border-radius: 9px; border: 1px solid {t.faint};
    background: {t.surface}; }}
QRadioButton::indicator:hover {{ border-color: {t.accent}; }}
QRadioButton::indicator:checked {{ width: 8px; height: 8px; border: 5px solid {t.accent}; }}
QRadioButton::indicator:disabled {{ border-color: {t.handle}; }}
QCheckBox:disabled, QRadioButton:disabled {{ color: {t.faint}; }}
QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {t.handle}; }}
QSlider::sub-page:horizontal {{ height: 4px; border-radius: 2px; background: {t.accent}; }}
QSlider::handle:horizontal {{ width: 12px; height: 12px; margin: -6px 0; border-radius: 8px;
    background: {t.surface}; border: 2px solid {t.accent}; }}
QSlider::handle:horizontal:hover {{ background: {t.accent_soft}; }}
QSlider::handle:horizontal:focus {{ background: {t.accent}; border-color: {t.text}; }}
QSlider::handle:horizontal:disabled {{ border-color: {t.handle}; }}
QSlider::sub-page:horizontal:disabled {{ background: {t.handle}; }}
"""


def _menus(t: Tokens, type_scale: TypeScale) -> str:
    return f"""
QMenu {{ background: {t.surface}; color: {t.text}; border: 1px solid {t.line}; padding: 4px; }}
QMenu::item {{ padding: 6px 24px 6px 12px; border-radius: {scale.RADIUS_SMALL - 2}px; }}
QMenu::item:selected {{ background: {t.accent_soft}; color: {t.text}; }}
QMenu::item:disabled {{ color: {t.faint}; }}
QMenu::icon {{ padding-left: 8px; }}
QMenu::indicator {{ left: 8px; width: 16px; height: 16px; }}
QMenu::separator {{ height: 1px; background: {t.line}; margin: 4px 8px; }}
QMenuBar {{ background: {t.base}; color: {t.text}; font-size: {type_scale.body}pt; }}
QMenuBar::item {{ padding: 4px 8px; background: transparent; }}
QMenuBar::item:selected {{ background: {t.hover}; }}
"""


def _lists(t: Tokens) -> str:
    return f"""
QAbstractItemView {{ background: transparent; color: {t.text}; border: none; outline: none;
    selection-background-color: {t.accent_soft}; selection-color: {t.text}; }}
QListView::item {{ border-radius: {scale.RADIUS_SMALL}px; padding: 0 8px; min-height: {scale.TOUCH_HEIGHT}px; }}
QListView::item:hover {{ background: {t.hover}; }}
QListView::item:selected {{ background: {t.accent_soft}; color: {t.text}; }}
QTableView::item {{ padding: 0 5px; border: none; }}
QHeaderView::section {{ background: transparent; color: {t.muted}; border: none; padding: 4px 8px; }}
"""


def _bars(t: Tokens) -> str:
    return f"""
QScrollBar {{ background: transparent; border: none; }}
QScrollBar:vertical {{ width: 12px; margin: 0; }}
QScrollBar:horizontal {{ height: 12px; margin: 0; }}
QScrollBar::handle {{ background: {t.handle}; border-radius: 3px; margin: 3px; }}
QScrollBar::handle:vertical {{ min-height: 32px; }}
QScrollBar::handle:horizontal {{ min-width: 32px; }}
QScrollBar::handle:hover, QScrollBar::handle:pressed {{ background: {t.faint}; }}
QScrollBar::handle:disabled {{ background: transparent; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; border: none; background: none; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QAbstractScrollArea::corner {{ background: transparent; }}
QProgressBar {{ background: {t.pressed}; border: none; border-radius: 3px; max-height: 6px; min-height: 6px;
    text-align: center; color: transparent; }}
QProgressBar::chunk {{ background: {t.accent}; border-radius: 3px; }}
QSplitter::handle {{ background: {t.line}; }}
QSplitter::handle:horizontal {{ width: 1px; }}
QSplitter::handle:vertical {{ height: 1px; }}
QSplitter::handle:hover {{ background: {t.accent}; }}
"""
