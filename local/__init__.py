"""The one-machine stack: emulator, model endpoint, mail view and demo pages. Nothing here is ever deployed."""
