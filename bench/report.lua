-- Has wrk report a defect with each request.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"comment": "The lamp at gate 12 is out."}'
