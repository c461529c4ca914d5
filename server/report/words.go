package report

// Definition says what a figure means, for whoever reads it.
type Definition struct {
	Key   string
	Name  string
	Words string
}

// Definitions lists the figures in the order of the page.
func Definitions() []Definition {
	return []Definition{
		{"created", "New tickets", "Tickets that were opened in this time."},
		{"resolved", "Resolved tickets", "Tickets whose latest resolution lies in this time, also when they were reopened since."},
		{"answer", "Time to the first answer (MTTA)", "From the opening until a person on the staff has the ticket or says something to the requester, whichever comes first; of tickets that were first answered in this time. " +
			"What is automatic does not count. When the staff opened the ticket with words of their own, these were the first public ones: it ends with the next."},
		{"first", "Time to the first solution (MTTR, first)", "From the opening until the ticket is resolved for the first time; of tickets for which that was in this time."},
		{"final", "Time to the final solution (MTTR, final)", "From the opening until the latest resolution; of tickets that are resolved or closed now and whose latest resolution was in this time. Waiting is not taken out."},
		{"first_contact", "Solved at first contact", "Of tickets first resolved in this time: those for which the staff wrote to the requester once at most before the solution, the requester neither had to write back nor was waited for, " +
			"nobody escalated or handed over to another team, and that were not reopened so far."},
		{"reopened", "Reopened", "Of tickets resolved in this time: those that were reopened at least once, before or since."},
		{"kept", "Kept promises (SLA)", "Of the promises that came to an end or fell due in this time: those kept in time. First answers, updates and solutions each count once; what was cancelled before it was due is not owed any more and does not count."},
		{"satisfaction", "Satisfaction", "The mean of the ratings from 1 to 5 that were given in this time, one a ticket, the latest; good are 4 and 5."},
		{"deflection", "Solved without a ticket", "Employees who said that an article helped them, of these and of the tickets that requesters opened themselves in this time. Articles that were only shown do not count."},
		{"mended", "Mended without a ticket", "Of the fixes that employees started on their own computer and said in this time whether it works: those after which what had been found was gone and the employee agreed. " +
			"A fix of which nobody said anything does not count, nor one that only the computer or only the employee calls a success."},
		{"backlog", "Open tickets by age", "Tickets that were open at the moment, by the time since they were opened, also when they were reopened since."},
	}
}

// Grouping says what belongs to whom.
const Grouping = "A ticket counts for the team, site and category that it has now. A first answer counts for the technician who gave it or got the ticket, " +
	"a solution, what came of it and the rating for who resolved it, new and open tickets for who has them now. Open hours are those of the team's calendar; without one the desk is open around the clock. " +
	"The median is the middle one; nine of ten take no longer than p90."
