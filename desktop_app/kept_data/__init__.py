"""All that the program keeps in its data folder, to be told with sizes and to be deleted in parts."""
