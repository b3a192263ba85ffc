"""The paper's claims: the questions that each of them asks, the answers in the records, the verdicts, their page."""
