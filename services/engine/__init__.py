"""Engine: from the lake's items to one edition of one client's newsletter."""
