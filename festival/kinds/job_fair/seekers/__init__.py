"""The job fair for those who look for work: CVs, applications, interviews and queue numbers. 求职"""
