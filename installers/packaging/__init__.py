"""What makes packages of the program: the frozen folder, and from it what a person downloads for each system."""
