package redact

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/deskbell/deskbell/diagnostics"
)

// secrets are texts with what must be gone from them. A case that keeps says
// what must still be there.
var secrets = []struct {
	name, text, secret, keeps string
}{
	{"long option with =", "backup --user bob --password=hunter2 --verbose", "hunter2", "--user bob --password=[redacted] --verbose"},
	{"long option with a blank", "backup --password hunter2 --verbose", "hunter2", "--password [redacted] --verbose"},
	{"long option in quotes", `tool --db-password "correct horse" go`, "correct horse", "go"},
	{"api key option", "tool --api-key 9f8e7d6c5b4a -v", "9f8e7d6c5b4a", "-v"},
	{"one dash", "java -jar x.jar -keyPassword s3cr3t", "s3cr3t", "x.jar"},
	{"environment", "PGPASSWORD=s3cret psql -h db1 -U app", "s3cret", "psql -h db1 -U app"},
	{"environment of mysql", "MYSQL_PWD=s3cret mysql -u root", "s3cret", "-u root"},
	{"mysql attached", "mysql -u root -ps3cret app", "s3cret", "mysql -u root -p[redacted] app"},
	{"mysqldump with path", "/usr/bin/mysqldump -h db1 -ps3cret --all", "s3cret", "-h db1"},
	{"sshpass", "sshpass -p s3cret ssh -p 2222 bob@host", "s3cret", "ssh -p 2222 bob@host"},
	{"redis", "redis-cli -h r1 -a s3cret ping", "s3cret", "-h r1"},
	{"curl user", "curl -u bob:s3cret https://intranet/x", "s3cret", "https://intranet/x"},
	{"ldap", "ldapsearch -x -D cn=admin -w s3cret -b dc=example", "s3cret", "-D cn=admin"},
	{"samba", "smbclient //nas/share -U bob%s3cret", "s3cret", "-U bob%[redacted]"},
	{"openssl", "openssl rsa -in a.pem -passin pass:s3cret", "s3cret", "-in a.pem"},
	{"freerdp", "xfreerdp /v:pc17 /u:bob /p:s3cret", "s3cret", "/u:bob"},
	{"docker login", "docker login -u bob -p s3cret registry.example.com", "s3cret", "-u bob"},
	{"sqlcmd", "sqlcmd -S db1 -U sa -P s3cret -Q x", "s3cret", "-S db1"},
	{"7z", "7z a -ps3cret out.7z in", "s3cret", "out.7z in"},
	{"plink", "plink.exe -pw s3cret bob@host", "s3cret", "plink.exe"},
	{"snmp", "snmpwalk -v2c -c s3cret 10.0.0.1", "s3cret", "10.0.0.1"},
	{"net use", `net use z: \\nas\share s3cret /user:bob`, "s3cret", `\\nas\share`},
	{"sqlplus", "sqlplus scott/t1ger@orcl", "t1ger", "scott/[redacted]@orcl"},
	{"url", "postgres://app:s3cret@db1:5432/app?sslmode=disable", "s3cret", "postgres://app:[redacted]@db1:5432/app?sslmode=disable"},
	{"url, password with @", "amqp://app:s3@cret@mq/vhost", "s3@cret", "@mq/vhost"},
	{"url, no user", "redis://:s3cret@r1:6379/0", "s3cret", "@r1:6379/0"},
	{"url, token as user", "git clone https://0123456789abcdef0123456789abcdef01234567@git.example.com/a.git", "0123456789abcdef0123", "git.example.com/a.git"},
	{"query", "GET /cb?state=1&access_token=abc123def&x=2 HTTP/1.1", "abc123def", "&x=2 HTTP/1.1"},
	{"signed url", "https://s3/x?X-Amz-Signature=deadbeef01&X-Amz-Date=1", "deadbeef01", "X-Amz-Date=1"},
	{"bearer", "Authorization: Bearer abc.def.123456789", "abc.def.123456789", ""},
	{"bearer in curl", `curl -H "Authorization: Bearer tok123456" https://x/`, "tok123456", "https://x/"},
	{"bearer alone", "sent bearer 0a1b2c3d4e5f6a7b", "0a1b2c3d4e5f6a7b", "sent bearer"},
	{"basic", "Proxy-Authorization: Basic Ym9iOnMzY3JldA==", "Ym9iOnMzY3JldA", ""},
	{"basic alone", "header basic Ym9iOnMzY3JldA== was sent", "Ym9iOnMzY3JldA", "was sent"},
	{"digest", `authorization: Digest username="bob", response="0a0b0c"`, "0a0b0c", ""},
	{"cookie", "Cookie: sid=abc123; theme=dark", "abc123", ""},
	{"set-cookie", "set-cookie: session=xyz987; Path=/; HttpOnly", "xyz987", ""},
	{"JWT", "got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U ok", "eyJ", "ok"},
	{"AWS id", "key AKIAIOSFODNN7EXAMPLE used", "AKIAIOSFODNN7EXAMPLE", "used"},
	{"AWS secret", "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI", ""},
	{"GitHub", "git push https://x-access-token:ghp_abcdefghijklmnopqrstuvwxyz0123456789@github.com/a/b", "ghp_abc", "github.com/a/b"},
	{"GitLab", "token glpat-abcdefghij0123456789", "glpat-abc", ""},
	{"Slack", "xoxb-123456789012-abcdefGHIJKL posted", "xoxb-1", "posted"},
	{"Stripe", "sk_live_abcdefghijklmnop", "sk_live_abc", ""},
	{"Google", "AIzaSyA1234567890abcdefghijklmnopqrstuv", "AIza", ""},
	{"npm", "//npm.example.com/:_authToken=npm_abcdefghijklmnopqrstuvwxyz0123456789", "npm_abc", ""},
	{"OpenAI", "OPENAI_API_KEY=sk-proj-abcdefghijklmnopqrstuvwx", "sk-proj", ""},
	{"our enrolment string", "deskbell-agent enrol deskbell-enrol-1.eyJ1IjoiaHR0cHMi-_x", "eyJ1Ijoi", "deskbell-agent enrol"},
	{"private key", "a\n-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----\nb", "b3BlbnNzaC1rZXk", "-----END OPENSSH PRIVATE KEY-----\nb"},
	{"private key cut off", "-----BEGIN RSA PRIVATE KEY----- MIIEow", "MIIEow", ""},
	{"PGP", "-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQOYBF\n-----END PGP PRIVATE KEY BLOCK-----", "lQOYBF", ""},
	{"JSON", `{"user":"bob","password":"hunter2","port":5432}`, "hunter2", `"port":5432`},
	{"JSON in JSON", `{"body":"{\"client_secret\":\"hunter2\"}"}`, "hunter2", "client_secret"},
	{"camel case", "accessToken: a1b2c3", "a1b2c3", ""},
	{"YAML", "db_password: hunter2", "hunter2", "db_password"},
	{"settings", "Server=db1;Uid=bob;Pwd=hunter2;Database=app", "hunter2", "Database=app"},
	{"storage", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=abcd1234efgh==;EndpointSuffix=x", "abcd1234efgh", "EndpointSuffix=x"},
	{"quoted in prose", `login failed: password='hunter2' for bob`, "hunter2", "for bob"},
	{"key named by nobody", "tenant_key=0a1b2c3d4e5f6071", "0a1b2c3d4e5f6071", ""},
	{"psk", "psk=correcthorsebattery", "correcthorse", ""},
	{"hash", "password_hash: $2b$12$abcdefghijklmnopqrstuv", "$2b$12$abc", ""},
	{"session", "PHPSESSID=abc123def456", "abc123def456", ""},
	{"mail", "bounced: anna.berg+news@example.com said no", "anna.berg", "[redacted]@example.com said no"},
	{"mail in brackets", "From: <Bob.Miller@corp.example.org>", "Bob.Miller", "@corp.example.org>"},
}

func TestTextTakesSecretsOut(t *testing.T) {
	for _, c := range secrets {
		t.Run(c.name, func(t *testing.T) {
			got, n := Text(c.text)
			if strings.Contains(got, c.secret) || n == 0 {
				t.Errorf("%d taken out of %q: %q", n, c.text, got)
			}
			if !strings.Contains(got, c.keeps) {
				t.Errorf("%q lacks %q", got, c.keeps)
			}
		})
	}
}

// What looks like a secret to a careless rule must stay: it is what technicians
// look for.
var plain = []string{
	"",
	"/usr/lib/systemd/systemd --switched-root --system --deserialize=31",
	"ssh -p 2222 bob@host",
	"nmap -p 80,443 10.0.0.0/24",
	"docker run -p 8080:80 --name web nginx:1.27",
	"mkdir -p /srv/app && ps -p 1",
	"mysql -u root -p app",
	"PWD=/home/bob OLDPWD=/tmp make",
	"tokenizer=bpe max_tokens=4096 monkey=1 passenger=5 compass=north bypass=1",
	"author=Anna authority=x secretary=Tom keyboard=de",
	"--pass-through=yes --password-file=/run/secrets/db --token-type jwt",
	"token_count=5 password_length=12 keyfile=/etc/key.pem",
	"public_key=AAAAB3NzaC1lZDI1NTE5 primary_key=id cache_key=user:12:profile",
	"Failed password for root from 192.0.2.7 port 51234 ssh2",
	"password: must not be empty",
	"Enter passphrase for key '/home/bob/.ssh/id_ed25519':",
	"Basic authentication is required",
	"a bearer of bad news",
	"Started getty@tty1.service - Getty on tty1.",
	"user@1000.service: Deactivated successfully.",
	"Mounting systemd-fsck@dev-disk-by\\x2duuid-1234.service",
	"git@github.com:deskbell/deskbell.git",
	"npm install lodash@4.17.21 @types/node@18.0.1",
	"https://example.com:8443/path?page=2&sort=key",
	"http://[fd00::1]:8080/x",
	"I/O error, dev sda, sector 123456 op 0x0:(READ) flags 0x80700",
	"EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2: comm ls: reading directory lblock 0",
	"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	"usb 1-2: New USB device found, idVendor=046d, idProduct=c52b, bcdDevice=24.11",
	"CPU0: Core temperature/speed normal; code=0x9 id=3 string=abc",
	"password=**** token=[redacted] secret=",
	"unexpected token: }",
	"token=true password=null",
	"C:\\Program Files\\App\\app.exe /c /p:80",
	"SELECT key, value FROM settings WHERE key = 'theme'",
	"rw,relatime,pass=2",
}

func TestTextLeavesTheRest(t *testing.T) {
	for _, text := range plain[:len(plain)-1] {
		if got, n := Text(text); got != text || n != 0 {
			t.Errorf("%d taken out of %q: %q", n, text, got)
		}
	}
}

// Fragments that meet in all orders must not bring a secret back or change again.
func TestTextIsIdempotent(t *testing.T) {
	var parts []string
	for _, c := range secrets {
		parts = append(parts, c.text)
	}
	parts = append(parts, plain...)
	parts = append(parts, `"`, `'`, `\`, ";", ",", " ", "\n", ":", "=", "@", "&", "password", "--token", "mysql", "Cookie:", "Bearer", "://", Mark, "[", "]")
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 1, 8).Draw(t, "parts"), rapid.SampledFrom([]string{"", " ", "\n", "="}).Draw(t, "between"))
		once, _ := Text(text)
		twice, n := Text(once)
		if once != twice || n != 0 {
			t.Fatalf("%q\n→ %q\n→ %q (%d)", text, once, twice, n)
		}
	})
}

func FuzzText(f *testing.F) {
	for _, c := range secrets {
		f.Add(c.text)
	}
	for _, p := range plain {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once, n := Text(text)
		if n == 0 && once != text {
			t.Errorf("changed without a count: %q → %q", text, once)
		}
		if twice, m := Text(once); twice != once || m != 0 {
			t.Errorf("%q → %q → %q (%d)", text, once, twice, m)
		}
		// A token of a known form is found whatever stands around it.
		const token = "ghp_abcdefghijklmnopqrstuvwxyz0123456789"
		if got, _ := Text(text + " " + token); strings.HasSuffix(got, token) {
			t.Errorf("%q hides the token: %q", text, got)
		}
	})
}

func TestSnapshotIsCopiedDeeplyAndRedacted(t *testing.T) {
	at := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	in := diagnostics.Snapshot{
		Version: 1, TakenAt: at,
		Network: diagnostics.Section[diagnostics.Network]{State: diagnostics.StateOK, Data: &diagnostics.Network{
			Proxy:      "http://bob:hunter2@proxy:3128",
			Interfaces: []diagnostics.Interface{{Name: "eth0", Addresses: []string{"192.0.2.2/24"}}},
		}},
		Processes: diagnostics.Section[diagnostics.Processes]{State: diagnostics.StatePartial, Note: "token=abc123", Data: &diagnostics.Processes{
			Top: []diagnostics.Process{{PID: 1, Name: "app", User: "bob", Started: at, Command: "app --password hunter2"}},
		}},
		Log: diagnostics.Section[diagnostics.Log]{State: diagnostics.StateOK, Data: &diagnostics.Log{
			Source: "journal", Entries: []diagnostics.LogEntry{{At: at, Unit: "sshd", Message: "Cookie: sid=hunter2"}},
		}},
	}
	before, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	out, n := Snapshot(in)
	if n != 4 {
		t.Errorf("%d taken out, want 4", n)
	}
	b, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"hunter2", "abc123"} {
		if strings.Contains(string(b), secret) {
			t.Errorf("%s is still there: %s", secret, b)
		}
	}
	want := in
	want.Network.Data = &diagnostics.Network{Proxy: "http://bob:[redacted]@proxy:3128", Interfaces: in.Network.Data.Interfaces}
	want.Processes.Note = "token=[redacted]"
	want.Processes.Data = &diagnostics.Processes{Top: []diagnostics.Process{{PID: 1, Name: "app", User: "bob", Started: at, Command: "app --password [redacted]"}}}
	want.Log.Data = &diagnostics.Log{Source: "journal", Entries: []diagnostics.LogEntry{{At: at, Unit: "sshd", Message: "Cookie: [redacted]"}}}
	if d := cmp.Diff(want, out); d != "" {
		t.Error(d)
	}
	// The original belongs to somebody else.
	out.Network.Data.Interfaces[0].Addresses[0] = "changed"
	if after, _ := json.Marshal(in); string(after) != string(before) {
		t.Errorf("the original was changed: %s", after)
	}
}

func TestValueWalksEveryShape(t *testing.T) {
	type inner struct {
		Text   string
		hidden string
	}
	type all struct {
		Word   diagnostics.Code // of a fixed vocabulary
		Any    any
		Map    map[string]string
		Array  [2]string
		Nested []*inner
		Nil    *inner
		Bytes  []byte
	}
	in := all{
		Word: "token=abc", Any: map[string]any{"list": []any{"password=abc", 1.5, nil}}, Map: map[string]string{"k": "secret=abc"},
		Array: [2]string{"pwd=abc", "plain"}, Nested: []*inner{{"token=abc", "token=abc"}, nil}, Bytes: []byte("token=abc"),
	}
	got, n := Value(in)
	want := all{
		Word: "token=abc", Any: map[string]any{"list": []any{"password=[redacted]", 1.5, nil}}, Map: map[string]string{"k": "secret=[redacted]"},
		Array: [2]string{"pwd=[redacted]", "plain"}, Nested: []*inner{{"token=[redacted]", "token=abc"}, nil}, Bytes: []byte("token=abc"),
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(inner{})); d != "" || n != 4 || got.Nested[0].hidden != in.Nested[0].hidden {
		t.Errorf("%d taken out\n%s", n, d)
	}
}

// A text that somebody made long on purpose must not hold the agent.
func TestTextTakesLinearTime(t *testing.T) {
	for _, unit := range []string{"a=", "a_key=", "net ", "mysql -p", "token=;", "://:", "-----BEGIN PRIVATE KEY-----", "a@", "--password ", "password=\"", "Cookie: a=", "curl -u a:b ", "eyJaaaaaaaa.", "key,"} {
		start := time.Now()
		Text(strings.Repeat(unit, 96<<10/len(unit)))
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("96 KiB of %q took %v", unit, took)
		}
	}
}

// A check-up must not take longer for being redacted.
func BenchmarkText(b *testing.B) {
	line := "2026-11-21 app[123]: connection from 192.0.2.7 port 51234 closed after 12.5 s, 1024 bytes, user=bob path=/srv/app/data.db mode=0644 " + base64.StdEncoding.EncodeToString([]byte("some data that is no secret"))
	for b.Loop() {
		Text(line)
	}
}
