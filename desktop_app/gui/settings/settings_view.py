"""The settings, and behind them the list of connections and the page about the program."""

from PySide6.QtWidgets import QStackedWidget, QWidget

from desktop_app.gui.settings.about_page import AboutPage
from desktop_app.gui.settings.connections_page import ConnectionsPage
from desktop_app.gui.settings.settings_page import SettingsPage
from desktop_app.jobs.background import Background
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.preferences import Preferences
from desktop_app.jobs.updates import Updates


class SettingsView(QStackedWidget):
    """Three pages, one of which is shown."""

    def __init__(
        self,
        preferences: Preferences,
        connection: HubConnection,
        updates: Updates,
        background: Background,
        data_folder: str,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.settings = SettingsPage(preferences, updates, data_folder)
        self.connections = ConnectionsPage(connection)
        self.about = AboutPage(background)
        for page in (self.settings, self.connections, self.about):
            self.addWidget(page)
        self.settings.connections_wanted.connect(self.show_connections)
        self.settings.about_wanted.connect(self.show_about)
        for behind in (self.connections, self.about):
            behind.back_wanted.connect(lambda: self.setCurrentWidget(self.settings))

    def show_updates(self) -> None:
        """Show what is known of new versions."""
        self.settings.search.clear()
        self.setCurrentWidget(self.settings)
        self.settings.ensureWidgetVisible(self.settings.update_row)

    def show_connections(self) -> None:
        """Show the list of connections as it is now."""
        self.connections.refresh()
        self.setCurrentWidget(self.connections)

    def show_about(self) -> None:
        """Show what the program is and what it consists of."""
        self.about.refresh()
        self.setCurrentWidget(self.about)
        self.about.search.setFocus()
