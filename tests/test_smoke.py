def test_a_person_can_be_greeted(api, alice):
    assert api.get("/", headers=alice.headers).json["message"] == "Hello alice"
