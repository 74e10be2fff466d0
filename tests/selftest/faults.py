"""All injected faults."""

from tests.selftest import faults_agent, faults_card, faults_computer, faults_trial

ROWS = (*faults_computer.ROWS, *faults_agent.ROWS, *faults_card.ROWS, *faults_trial.ROWS)
