package machine

import "time"

// Complaint is what somebody writes when they ring.
type Complaint struct {
	Title string
	Body  string
}

// complaints are what people of an office ring about when their machine is well.
var complaints = []Complaint{
	{"The printer on the second floor prints only blank pages", "Ricoh-2, since this morning. Anna next door has it too."},
	{"I cannot sign in to the travel portal", "It says my account is locked. I have to book a train for Thursday."},
	{"VPN disconnects every few minutes", "At home, over the cable. It comes back by itself, but calls break off."},
	{"No sound in meetings", "The others do not hear me. With headphones and without."},
	{"Please install the label printing software", "For the new label printer in shipping. The box says version 4."},
	{"Outlook asks for my password again and again", ""},
	{"My second monitor stays dark", "It worked yesterday. I have changed the cable."},
	{"Shared folder of the sales team is gone", "The drive is there, but the folder “Offers 2026” is not in it any more."},
	{"New colleague needs an account on Monday", "Her name is Lea Brandt, she starts in accounting. She needs the ERP and the shared mailbox."},
	{"The scanner sends nothing by mail", "It says “sent”, but nothing arrives."},
	{"Excel closes when I open the forecast", "Only this file. I have attached nothing because it holds salaries."},
	{"Calls in Teams are choppy", "Since we moved to the third floor."},
	{"I think I clicked on a bad link", "A mail that looked like from DHL. I entered nothing. What shall I do?"},
	{"Keyboard types the wrong letters", "Z and Y are swapped since the update."},
	{"Web page of our supplier does not open", "It says the connection is not private."},
	{"Laptop does not wake up from sleep", "I have to hold the power button every morning."},
	{"Access to the project folder “Atlas”", "My manager has agreed. She is in copy of the mail I sent yesterday."},
	{"The docking station charges, but shows no picture", ""},
	{"Cannot open attachments in the ticket system of the customer", "PDFs only. Pictures work."},
	{"The clock on the meeting room display is an hour wrong", "Room Lisbon, fourth floor."},
	{"Mailbox is full", "It says 50 GB of 50 GB. What may I delete?"},
	{"Phone rings, but nobody is there when I pick up", "Extension 412."},
	{"I need a bigger screen", "Working on two tables side by side all day."},
	{"Wi-Fi in the canteen asks for a code", "The one on the wall is not accepted."},
	{"The ERP is very slow today", "Every order takes half a minute. Colleagues say the same."},
	{"Password expired while I was on leave", ""},
	{"Signature in mails shows the old address", "The company has moved in September."},
	{"Can I get the drawing program on my home computer too?", ""},
	{"Calendar shows meetings twice", "Only those of the last two weeks."},
	{"The beamer in room Porto shows everything in green", ""},
}

// illComplaints are what their owners notice of ill machines.
var illComplaints = map[Ill][]Complaint{
	DiskFull:      {{"I cannot save my file", "It says there is no space left. I have emptied the trash already."}, {"Word says “not enough disk space”", ""}},
	DiskFilling:   {{"A message says my disk is almost full", "I have deleted what I could find."}},
	Hot:           {{"The fan of my computer is loud all day", "And the keyboard gets really warm."}},
	Swapping:      {{"Everything is terribly slow", "Switching between windows takes ten seconds. A restart helps for an hour."}},
	ServiceDown:   {{"Something with printing does not work", "The print window stays empty."}, {"Remote connection fails since the update", ""}},
	RestartNeeded: {{"My computer nags me to restart", "May I? I have a long calculation running."}},
	WeakSignal:    {{"Wi-Fi is bad at my new desk", "Pages load in bits and calls break off."}},
	NamesFail:     {{"Some web pages open only at the second try", "Then they work for a while."}},
	LongUptime:    {{"My computer has become slow over the weeks", ""}},
	Runaway:       {{"My computer hums and hardly reacts", "It started half an hour ago, I did nothing special."}},
	CrashLoop:     {{"The synchronisation symbol blinks all the time", "And the numbers in the ERP are those of yesterday."}},
	ClockWrong:    {{"Signing in fails with “time difference too large”", ""}},
}

// Complain returns what somebody at the machine rings about: as a rule what is
// wrong with it, when something is.
func (m *Machine) Complain() Complaint {
	list := complaints
	if ill := illComplaints[m.Ill()]; ill != nil && m.float() < 0.8 {
		list = ill
	}
	return list[m.random.Uint64()%uint64(len(list))]
}

// Reaction is what the requester does when the help desk has acted.
type Reaction struct {
	After time.Duration
	Reply string // a message; empty: none
	Act   Act
	Stars int // with ActConfirm; 0: no rating
}

// Act is what a requester does to a resolved ticket.
type Act uint8

// The acts.
const (
	ActNone Act = iota
	ActConfirm
	ActReopen
)

// React decides how the requester takes it: asked says that the ticket waits for
// them, resolved that it is thought to be solved. Some never answer.
func (m *Machine) React(asked, resolved bool) Reaction {
	r := Reaction{After: time.Duration(5+m.float()*55) * time.Second}
	roll := m.float()
	switch {
	case asked && roll < 0.8:
		answers := []string{"Yes, please go ahead.", "It is the one by the window.", "I have tried that, it is the same.", "It says error 0x80070035.", "Now it works, but only in one window.", "I am in a meeting until three, after that is fine."}
		r.Reply = answers[m.random.Uint64()%uint64(len(answers))]
	case resolved && roll < 0.12:
		r.Act, r.Reply = ActReopen, "It is back again, sorry."
	case resolved && roll < 0.7:
		r.Act = ActConfirm
		if m.float() < 0.7 {
			r.Stars = []int{5, 5, 4, 5, 3, 4, 5, 2}[m.random.Uint64()%8]
		}
	}
	return r
}
