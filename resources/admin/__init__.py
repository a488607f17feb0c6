"""Pages for people: the same verbs and the same rules as the API's, to look at and to click on."""
