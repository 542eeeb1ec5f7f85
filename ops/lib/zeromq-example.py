import json, sys, zmq

file = sys.argv[1] if len(sys.argv) > 1 else ".sasando/credentials.json"
door = json.load(open(file))["zeromq"]
dealer = zmq.Context().socket(zmq.DEALER)
dealer.curve_serverkey = door["ingress_server_key"].encode()
dealer.curve_publickey = door["integrator_public_key"].encode()
dealer.curve_secretkey = door["integrator_secret_key"].encode()
dealer.connect(door["ingress"])

report = {"category": "sampah", "description": "Sampah menumpuk di tepi jalan", "area": "53.71.04.1008"}
dealer.send_multipart([b"sasando/1", b"1", b"report", json.dumps(report).encode()])
if not dealer.poll(5000):
    sys.exit("no answer within 5 s: is Sasando running, and is the key registered?")
version, request_id, outcome, body = dealer.recv_multipart()
print(outcome.decode(), json.loads(body).get("tracking_code", body.decode()))
