use std::io::Write as _;
use std::net::{TcpListener, TcpStream};

use super::*;

/// Serves every connection with `answer`, given the request's head and this server's address.
fn serve(answer: impl Fn(&str, &str, &mut TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let here = base.clone();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut head = Vec::new();
            let mut octet = [0];
            while !head.ends_with(b"\r\n\r\n") && connection.read(&mut octet).unwrap_or(0) == 1 {
                head.push(octet[0]);
            }
            answer(&String::from_utf8_lossy(&head), &here, &mut connection);
        }
    });
    base
}

fn reply(connection: &mut TcpStream, head: &str, body: &[u8]) {
    let head = format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n");
    // a client that has read enough closes first
    let _ = connection.write_all(head.as_bytes()).and_then(|()| connection.write_all(body));
}

fn ask(url: &str, timeout_ms: u32, max_octets: usize) -> Result<Vec<u8>, RetrievalError> {
    let request =
        Request { timeout_ms, max_octets, wire_only: true, ..Request::get(url, Purpose::Crl) };
    let http = Http::new(HttpOptions { allow_private: true, ignore_proxy: true }).unwrap();
    http.retrieve(&request).map(|retrieved| retrieved.octets.to_vec())
}

#[test]
fn answers_good_and_bad() {
    let base = serve(|head, here, connection| {
        let path = head.split(' ').nth(1).unwrap_or_default();
        match path {
            "/good" => reply(connection, "200 OK\r\nContent-Length: 4", b"list"),
            "/gone" => reply(connection, "404 Not Found\r\nContent-Length: 0", b""),
            "/long" => reply(connection, "200 OK\r\nContent-Length: 11", b"hello world"),
            "/endless" => {
                reply(connection, "200 OK", b"");
                while connection.write_all(&[b'x'; 1000]).is_ok() {}
            }
            "/cut" => reply(connection, "200 OK\r\nContent-Length: 9", b"short"),
            "/hang" => std::thread::sleep(Duration::from_millis(800)),
            "/slow" => {
                reply(connection, "200 OK\r\nContent-Length: 4", b"li");
                std::thread::sleep(Duration::from_millis(800));
            }
            "/moved" => {
                let head = format!("302 Found\r\nContent-Length: 0\r\nLocation: {here}/good");
                reply(connection, &head, b"");
            }
            "/file" => reply(
                connection,
                "302 Found\r\nContent-Length: 0\r\nLocation: ftp://example.com/x",
                b"",
            ),
            _ => {
                let head = format!("302 Found\r\nContent-Length: 0\r\nLocation: {here}{path}/a");
                reply(connection, &head, b"");
            }
        }
    });
    let get = |path: &str| ask(&format!("{base}{path}"), 5_000, 10);
    let limited = |path: &str| ask(&format!("{base}{path}"), 300, 10);
    assert_eq!(get("/good"), Ok(b"list".to_vec()));
    assert_eq!(get("/moved"), Ok(b"list".to_vec()));
    assert_eq!(get("/gone"), Err(RetrievalError::HttpStatus(404)));
    assert_eq!(get("/long"), Err(RetrievalError::TooLarge { limit: 10 }));
    assert_eq!(get("/endless"), Err(RetrievalError::TooLarge { limit: 10 }));
    assert_eq!(get("/cut"), Err(RetrievalError::Reset));
    assert_eq!(get("/loop"), Err(RetrievalError::TooManyRedirects));
    assert_eq!(get("/file"), Err(RetrievalError::UnsupportedScheme));
    assert_eq!(limited("/hang"), Err(RetrievalError::Timeout));
    assert_eq!(limited("/slow"), Err(RetrievalError::Timeout));
}

/// A small answer that unpacks to a large one is stopped where a large one would be.
#[test]
fn compression_does_not_get_around_the_limit() {
    // 100,000 zeros, deflated by hand: gzip header, stored blocks would be long, so a run of
    // fixed-Huffman matches of 258 octets at distance 1
    let packed = gzip_of_zeros(100_000);
    assert!(packed.len() < 1_000, "{}", packed.len());
    let base = serve(move |_, _, connection| {
        let head = format!("200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}", packed.len());
        reply(connection, &head, &packed);
    });
    assert_eq!(ask(&base, 5_000, 50_000), Err(RetrievalError::TooLarge { limit: 50_000 }));
}

/// A gzip stream of `1 + 258 * n` zeros, at least `count`; its trailer is wrong, for readers that
/// get that far.
fn gzip_of_zeros(count: usize) -> Vec<u8> {
    let mut bits: Vec<bool> = vec![true, true, false];
    let code = |bits: &mut Vec<bool>, value: u32, length: u32| {
        bits.extend((0..length).rev().map(|n| value >> n & 1 == 1));
    };
    code(&mut bits, 0x30, 8);
    for _ in 0..count.div_ceil(258) {
        code(&mut bits, 0b1100_0101, 8);
        code(&mut bits, 0, 5);
    }
    code(&mut bits, 0, 7);
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    for chunk in bits.chunks(8) {
        packed.push(chunk.iter().enumerate().map(|(n, bit)| u8::from(*bit) << n).sum());
    }
    packed.extend([0; 8]);
    packed
}

#[test]
fn nobody_there() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(ask(&url, 5_000, 10), Err(RetrievalError::Refused));
    assert_eq!(ask("ldap:///CN=x", 5_000, 10), Err(RetrievalError::UnsupportedScheme));
    assert_eq!(ask("no address", 5_000, 10), Err(RetrievalError::UnsupportedScheme));
}

#[test]
fn private_addresses_are_refused() {
    let base = serve(|_, _, connection| reply(connection, "200 OK\r\nContent-Length: 0", b""));
    let http = Http::new(HttpOptions { ignore_proxy: true, ..HttpOptions::default() }).unwrap();
    let refused = |url: &str| {
        let request =
            Request { timeout_ms: 5_000, max_octets: 10, ..Request::get(url, Purpose::Aia) };
        assert_eq!(http.retrieve(&request), Err(RetrievalError::Forbidden), "{url}");
    };
    refused(&base);
    refused(&base.replace("127.0.0.1", "localhost"));
    refused(&base.replace("127.0.0.1", "[::ffff:127.0.0.1]"));
    refused(&base.replace("127.0.0.1", "2130706433"));
    refused("http://169.254.169.254/latest/meta-data/");
    for public in ["93.184.216.34", "2606:2800:220:1::1"] {
        assert!(is_public(public.parse().unwrap()), "{public}");
    }
    let private =
        ["10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.0", "255.255.255.255"];
    for private in private.into_iter().chain(["::1", "fe80::1", "fd00::1", "::", "2002:a00:1::"]) {
        assert!(!is_public(private.parse().unwrap()), "{private}");
    }
}

#[test]
fn conditional_requests() {
    let base = serve(|head, _, connection| {
        let lower = head.to_ascii_lowercase();
        let unchanged = lower.contains("if-none-match: \"tag\"")
            || lower.contains("if-modified-since: sun, 06 nov 1994 08:49:37 gmt");
        if unchanged {
            reply(connection, "304 Not Modified\r\nETag: \"tag\"", b"");
        } else {
            let head = "200 OK\r\nContent-Length: 4\r\nETag: \"tag\"\r\n\
                        Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
                        Cache-Control: public, max-age=3600";
            reply(connection, head, b"list");
        }
    });
    let http = Http::new(HttpOptions { allow_private: true, ignore_proxy: true }).unwrap();
    let date = "1994-11-06T08:49:37Z".parse().unwrap();
    let request = |etag, modified_since| Request {
        condition: super::super::Condition { etag, modified_since },
        ..Request::get(&base, Purpose::Crl)
    };
    let first = http.retrieve(&request(None, None)).unwrap();
    assert_eq!(&*first.octets, b"list");
    let facts = &first.response;
    assert_eq!((facts.etag.as_deref(), facts.last_modified), (Some("\"tag\""), Some(date)));
    assert_eq!((facts.max_age, facts.not_modified), (Some(3600), false));
    for (etag, modified) in [(Some("\"tag\""), None), (None, Some(date))] {
        let again = http.retrieve(&request(etag, modified)).unwrap();
        assert!(again.octets.is_empty() && again.response.not_modified);
    }
    assert_eq!(&*http.retrieve(&request(Some("\"other\""), None)).unwrap().octets, b"list");
    // a server that says so unasked is wrong
    let liar = serve(|_, _, connection| reply(connection, "304 Not Modified", b""));
    let found = http.retrieve(&Request::get(&liar, Purpose::Crl));
    assert_eq!(found, Err(RetrievalError::HttpStatus(304)));
}

#[test]
fn few_connections_to_one_host() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let (busy, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (counter, highest) = (Arc::clone(&busy), Arc::clone(&most));
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let (counter, highest) = (Arc::clone(&counter), Arc::clone(&highest));
            std::thread::spawn(move || {
                let mut octets = [0; 1024];
                let _ = connection.read(&mut octets);
                highest.fetch_max(counter.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(50));
                counter.fetch_sub(1, Ordering::SeqCst);
                reply(&mut connection, "200 OK\r\nContent-Length: 2", b"ok");
            });
        }
    });
    let http = Http::new(HttpOptions { allow_private: true, ignore_proxy: true }).unwrap();
    std::thread::scope(|scope| {
        let ask = || http.clone().retrieve(&Request::get(&url, Purpose::Crl)).unwrap();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        for thread in threads {
            assert_eq!(&*thread.join().unwrap().octets, b"ok");
        }
    });
    assert_eq!(most.load(Ordering::SeqCst), MAX_PER_HOST);
    // whoever waits too long gets no answer
    let held: Vec<_> =
        (0..MAX_PER_HOST).map(|_| http.gate.enter(&url, Duration::ZERO).unwrap()).collect();
    let late = Request { timeout_ms: 20, ..Request::get(&url, Purpose::Crl) };
    assert_eq!(http.retrieve(&late), Err(RetrievalError::Timeout));
    drop(held);
    assert!(http.retrieve(&Request::get(&url, Purpose::Crl)).is_ok());
    assert!(http.gate.busy.lock().unwrap().is_empty());
}
