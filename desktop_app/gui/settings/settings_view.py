"""The settings, and behind them the list of connections."""

from PySide6.QtWidgets import QStackedWidget

from desktop_app.gui.settings.connections_page import ConnectionsPage
from desktop_app.gui.settings.settings_page import SettingsPage
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.preferences import Preferences


class SettingsView(QStackedWidget):
    """Two pages, one of which is shown."""

    def __init__(self, preferences: Preferences, connection: HubConnection, data_folder: str) -> None:
        super().__init__()
        self.settings = SettingsPage(preferences, data_folder)
        self.connections = ConnectionsPage(connection)
        self.addWidget(self.settings)
        self.addWidget(self.connections)
        self.settings.connections_wanted.connect(self.show_connections)
        self.connections.back_wanted.connect(lambda: self.setCurrentWidget(self.settings))

    def show_connections(self) -> None:
        """Show the list of connections as it is now."""
        self.connections.refresh()
        self.setCurrentWidget(self.connections)
