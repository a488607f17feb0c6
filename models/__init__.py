"""Tables, verbs, rules, sessions and the audit trail; nothing here knows HTTP."""
