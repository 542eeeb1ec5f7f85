import json, sys, zmq

file = sys.argv[1] if len(sys.argv) > 1 else ".sasando/credentials.json"
door = json.load(open(file))["zeromq"]["agencies"]["dlhk"]
dealer = zmq.Context().socket(zmq.DEALER)
dealer.curve_serverkey = door["server_key"].encode()
dealer.curve_publickey = door["public_key"].encode()
dealer.curve_secretkey = door["secret_key"].encode()
dealer.connect(door["stream"])

cursor = b""  # from the beginning; else the last one that was dealt with
dealer.send_multipart([b"sasando/1", b"HELLO", cursor])
dealer.send_multipart([b"sasando/1", b"CREDIT", b"100"])
while dealer.poll(15000):
    version, word, *rest = dealer.recv_multipart()
    if word == b"WELCOME":
        print("welcome; the stream ends at", b"-".join(rest).decode(), flush=True)
    elif word == b"EVENT":
        cursor, event = rest[0], json.loads(rest[1])
        print(cursor.decode(), event["type"], event["subject"], flush=True)
        dealer.send_multipart([b"sasando/1", b"ACK", cursor])
        dealer.send_multipart([b"sasando/1", b"CREDIT", b"1"])
    elif word == b"ERROR":
        sys.exit(rest[0].decode())
sys.exit("nothing for 15 s, not even a heartbeat: connect again, with the last cursor")
